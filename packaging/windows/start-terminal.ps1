# Start the terminal and show its page in full screen. Run at logon by the task created by install.ps1.
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$places = Import-PowerShellDataFile -LiteralPath (Join-Path $PSScriptRoot 'places.psd1')
$env:UKETSUKE_STATE_DIR = $places['State']
$env:UKETSUKE_CONFIG = Join-Path $places['State'] 'config.toml'
$address = Join-Path $places['State'] 'address'
# Edge's profile is discarded at each start.
$profileFolder = Join-Path $env:TEMP 'uketsuke-page'
# Use no proxy for the page, which is on this computer.
[Net.WebRequest]::DefaultWebProxy = New-Object Net.WebProxy

$edge = @("${env:ProgramFiles(x86)}\Microsoft\Edge\Application\msedge.exe", "$env:ProgramFiles\Microsoft\Edge\Application\msedge.exe") |
  Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
if (-not $edge) { throw 'Microsoft Edge is not installed. Install it, or open the page in another browser (see docs/windows.md).' }

function Start-Terminal {
  $process = Start-Process -PassThru -WindowStyle Hidden -FilePath (Join-Path $PSScriptRoot 'Scripts\uketsuke.exe') `
    -ArgumentList 'run', '--web', '--no-open', '--address-file', "`"$address`""
  $null = $process.Handle  # required for reading the exit code later
  return $process
}

function Get-NewAddress($Terminal) {
  $since = [datetime]::UtcNow
  while (-not $Terminal.HasExited) {
    # request the closed door page, which makes the terminal write a new address
    try { Invoke-WebRequest -UseBasicParsing -TimeoutSec 5 -Uri 'http://127.0.0.1:8643/door' | Out-Null } catch { }
    $file = Get-Item -LiteralPath $address -ErrorAction SilentlyContinue
    if ($file -and $file.LastWriteTimeUtc -ge $since) { return (Get-Content -LiteralPath $address -TotalCount 1) }
    Start-Sleep -Seconds 1
  }
  return ''
}

function Show-Page($Terminal) {
  while (-not $Terminal.HasExited) {
    $page = Get-NewAddress $Terminal
    if (-not $page) { return }
    if (Test-Path -LiteralPath $profileFolder) {
      Remove-Item -LiteralPath $profileFolder -Recurse -Force -ErrorAction SilentlyContinue
    }
    $options = @('--kiosk', $page, '--edge-kiosk-type=fullscreen', '--no-first-run', "--user-data-dir=`"$profileFolder`"",
      '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-features=Translate',
      '"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"', '--no-proxy-server', '--disable-pinch',
      '--overscroll-history-navigation=0')
    $browser = Start-Process -PassThru -FilePath $edge -ArgumentList $options
    while (-not $browser.HasExited -and -not $Terminal.HasExited) { Start-Sleep -Seconds 1 }
    if (-not $browser.HasExited) { Stop-Process -Id $browser.Id -Force }
  }
}

while ($true) {
  $terminal = Start-Terminal
  Show-Page $terminal
  if ($terminal.ExitCode -eq 0) { exit 0 }  # stopped by staff
  Start-Sleep -Seconds 3
}
