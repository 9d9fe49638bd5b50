<#
.SYNOPSIS
  Installs uketsuke on this computer, without internet. Run it again from a newer bundle to update.

.DESCRIPTION
  Program        C:\Program Files\uketsuke          replaced by an update
  Ledger, keys   C:\ProgramData\uketsuke            kept by an update and by -Uninstall

  At the logon of -User the terminal starts, and its page fills the screen in Microsoft Edge.
  Needs: Windows 10 or 11 (also IoT Enterprise LTSC), administrator rights, Microsoft Edge, Python 3.13 of python.org.
  Python's installer may lie beside this file (python-3.13.*-amd64.exe): it is then run first.

.EXAMPLE
  powershell -ExecutionPolicy Bypass -File install.ps1 -User counter
.EXAMPLE
  powershell -ExecutionPolicy Bypass -File install.ps1 -User counter -Training
.EXAMPLE
  powershell -ExecutionPolicy Bypass -File install.ps1 -Uninstall
#>
[CmdletBinding()]
param(
  [string]$User = $env:USERNAME,
  [switch]$Training,
  [switch]$Uninstall,
  [string]$Program = (Join-Path $env:ProgramFiles 'uketsuke'),
  [string]$State = (Join-Path $env:ProgramData 'uketsuke')
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$Here = $PSScriptRoot
$Tasks = @('uketsuke terminal', 'uketsuke service stub')

function Stop-Everything {
  foreach ($name in $Tasks) {
    $task = Get-ScheduledTask -TaskName $name -ErrorAction SilentlyContinue
    if ($task) {
      Stop-ScheduledTask -TaskName $name
      Unregister-ScheduledTask -TaskName $name -Confirm:$false
    }
  }
  # Only what runs from our own folder.
  Get-Process | Where-Object { $_.Path -and $_.Path.StartsWith("$Program\", 'OrdinalIgnoreCase') } | Stop-Process -Force
}

function Assert-Whole {
  foreach ($line in Get-Content (Join-Path $Here 'SHA256SUMS')) {
    $hash, $name = $line -split '  ', 2
    $file = Join-Path $Here $name
    if (-not (Test-Path -LiteralPath $file)) { throw "$name is missing. Copy the whole bundle again." }
    if ((Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash -ne $hash) { throw "$name is damaged. Copy the bundle again." }
  }
}

function Invoke-Checked([string]$Command, [string[]]$Arguments) {
  & $Command @Arguments
  if ($LASTEXITCODE -ne 0) { throw "$Command $($Arguments -join ' ') ended with $LASTEXITCODE. Nothing that ran before was changed." }
}

function Install-Python {
  $installer = Get-ChildItem -Path $Here -Filter 'python-3.13.*-amd64.exe' | Select-Object -First 1
  if ($installer) {
    $done = Start-Process -FilePath $installer.FullName -Wait -PassThru -ArgumentList '/quiet', 'InstallAllUsers=1', 'Include_test=0'
    if ($done.ExitCode -ne 0) { throw "Python's installer ended with $($done.ExitCode)." }
  }
}

function Register-AtLogon([string]$Name, [string]$Command, [string]$Arguments) {
  $action = New-ScheduledTaskAction -Execute $Command -Argument $Arguments
  $trigger = New-ScheduledTaskTrigger -AtLogOn -User $User
  $who = New-ScheduledTaskPrincipal -UserId $User -LogonType Interactive -RunLevel Limited
  $how = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -ExecutionTimeLimit 0 `
    -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) -MultipleInstances IgnoreNew
  Register-ScheduledTask -TaskName $Name -Action $action -Trigger $trigger -Principal $who -Settings $how -Force | Out-Null
}

$identity = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
if (-not $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
  throw 'Administrator rights are needed. Start PowerShell with "Run as administrator", then run this again.'
}

if ($Uninstall) {
  Stop-Everything
  if (Test-Path -LiteralPath $Program) { Remove-Item -LiteralPath $Program -Recurse -Force }
  Write-Output "uketsuke is removed. $State (ledger, keys, settings, results) is kept; delete it by hand where it may go."
  exit 0
}

Assert-Whole
Install-Python

# The new program is made beside the old one, and takes its place only when it is whole.
$uv = Join-Path $Here 'uv.exe'
$new = "$Program.new"
if (Test-Path -LiteralPath $new) { Remove-Item -LiteralPath $new -Recurse -Force }
$env:UV_OFFLINE = '1'
$env:UV_PYTHON_DOWNLOADS = 'never'
Invoke-Checked $uv @('venv', '--quiet', '--relocatable', '--python', '3.13', $new)
$python = Join-Path $new 'Scripts\python.exe'
$from = @('--quiet', '--python', $python, '--no-index', '--find-links', (Join-Path $Here 'wheels'), '--no-deps', '--link-mode', 'copy')
Invoke-Checked $uv (@('pip', 'install') + $from + @('--require-hashes', '-r', (Join-Path $Here 'requirements-windows.lock')))
$wheel = (Get-ChildItem -Path $Here -Filter 'uketsuke-*.whl' | Select-Object -First 1).FullName
Invoke-Checked $uv (@('pip', 'install') + $from + @($wheel))
Copy-Item (Join-Path $Here 'start-terminal.ps1') $new
Set-Content -LiteralPath (Join-Path $new 'places.psd1') -Encoding UTF8 -Value "@{ State = '$State' }"
Invoke-Checked (Join-Path $new 'Scripts\uketsuke.exe') @('--version')

Stop-Everything
if (Test-Path -LiteralPath $Program) { Remove-Item -LiteralPath $Program -Recurse -Force }
Rename-Item -LiteralPath $new -NewName (Split-Path $Program -Leaf)

# Ledger and keys: for the terminal's user and administrators alone.
if (-not (Test-Path -LiteralPath $State)) { New-Item -ItemType Directory -Path $State | Out-Null }
Invoke-Checked 'icacls.exe' @($State, '/quiet', '/inheritance:r', '/grant:r', "${User}:(OI)(CI)M", '*S-1-5-32-544:(OI)(CI)F', '*S-1-5-18:(OI)(CI)F')
$settings = Join-Path $State 'config.toml'
if (-not (Test-Path -LiteralPath $settings)) { Set-Content -LiteralPath $settings -Encoding ASCII -Value 'profile = "clinic"' }

[Environment]::SetEnvironmentVariable('UKETSUKE_CONFIG', $settings, 'Machine')
[Environment]::SetEnvironmentVariable('UKETSUKE_STATE_DIR', $State, 'Machine')

$hidden = "-NoProfile -ExecutionPolicy Bypass -WindowStyle Hidden -File `"$Program\start-terminal.ps1`""
if ($Training) { Register-AtLogon 'uketsuke service stub' "$Program\Scripts\uketsuke.exe" 'stub' }
Register-AtLogon 'uketsuke terminal' 'powershell.exe' $hidden

Write-Output "Installed: $Program. Next, as ${User}: & '$Program\Scripts\uketsuke.exe' setup - then log on again."
