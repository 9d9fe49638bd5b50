<#
.SYNOPSIS
  Installs uketsuke without internet. Run it from a newer bundle to update.

.DESCRIPTION
  Program        C:\Program Files\uketsuke          replaced by updates
  Ledger, keys   C:\ProgramData\uketsuke            kept by updates and -Uninstall

  When -User logs on, the terminal starts and shows its page in full screen in Microsoft Edge. Updates keep the user
  and the service stub installed with -Training. -Training:$false removes the stub.
  Requires Windows 10 or 11 (including IoT Enterprise LTSC), administrator rights, Microsoft Edge, and Python 3.13 from
  python.org, installed for all users. If Python is missing, the script runs the installer in its folder
  (python-3.13.*-amd64.exe).

.EXAMPLE
  powershell -ExecutionPolicy Bypass -File install.ps1 -User counter
.EXAMPLE
  powershell -ExecutionPolicy Bypass -File install.ps1 -User counter -Training
.EXAMPLE
  powershell -ExecutionPolicy Bypass -File install.ps1
  Updates the program and keeps the user.
.EXAMPLE
  powershell -ExecutionPolicy Bypass -File install.ps1 -Uninstall
#>
[CmdletBinding()]
param(
  [string]$User = '',
  [switch]$Training,
  [switch]$Uninstall,
  [string]$Program = (Join-Path $env:ProgramFiles 'uketsuke'),
  [string]$State = (Join-Path $env:ProgramData 'uketsuke')
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$Here = $PSScriptRoot
$Terminal = 'uketsuke terminal'
$Stub = 'uketsuke service stub'
$Variables = @{ UKETSUKE_CONFIG = (Join-Path $State 'config.toml'); UKETSUKE_STATE_DIR = $State }

# --- checks before the first change -------------------------------------------------------------------------------

function Assert-Administrator {
  $identity = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
  if (-not $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    throw 'Administrator rights are required. Start PowerShell with "Run as administrator" and run this again.'
  }
}

function Get-PreviousUser {
  $places = Join-Path $Program 'places.psd1'
  if (Test-Path -LiteralPath $places) {
    $known = Import-PowerShellDataFile -LiteralPath $places
    if ($known.ContainsKey('User')) { return $known['User'] }
  }
  throw 'Specify the Windows user who logs on at the counter: -User NAME. Nothing was changed.'
}

function Get-Sid([string]$Name) {
  try {
    return ([Security.Principal.NTAccount]$Name).Translate([Security.Principal.SecurityIdentifier]).Value
  } catch {
    throw "Unknown Windows user `"$Name`". Create the user, or specify another with -User. Nothing was changed."
  }
}

function Assert-Complete {
  foreach ($line in Get-Content -LiteralPath (Join-Path $Here 'SHA256SUMS')) {
    $hash, $name = $line -split '  ', 2
    $file = Join-Path $Here $name
    if (-not (Test-Path -LiteralPath $file)) { throw "$name is missing. Copy the complete bundle again. Nothing was changed." }
    if ((Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash -ne $hash) {
      throw "$name is damaged. Copy the bundle again. Nothing was changed."
    }
  }
}

function Invoke-Checked([string]$Command, [string[]]$Arguments) {
  & $Command @Arguments
  if ($LASTEXITCODE -ne 0) { throw "$Command $($Arguments -join ' ') failed with exit code $LASTEXITCODE." }
}

function Find-Python {
  # installed for all users, because the terminal's user cannot run a Python in another user's folder
  $key = 'HKLM:\SOFTWARE\Python\PythonCore\3.13\InstallPath'
  if (-not (Test-Path -LiteralPath $key)) { return '' }
  $folder = (Get-Item -LiteralPath $key).GetValue('')
  if (-not $folder) { return '' }
  $python = Join-Path $folder 'python.exe'
  if (Test-Path -LiteralPath $python) { return $python }
  return ''
}

function Install-Python {
  $python = Find-Python
  if ($python) { return $python }
  $installer = Get-ChildItem -LiteralPath $Here -Filter 'python-3.13.*-amd64.exe' | Select-Object -First 1
  if (-not $installer) {
    throw "Python 3.13 is not installed for all users. Put python.org's installer, python-3.13.*-amd64.exe, into the folder of install.ps1."
  }
  $signature = Get-AuthenticodeSignature -LiteralPath $installer.FullName
  if ($signature.Status -ne 'Valid' -or $signature.SignerCertificate.Subject -notlike '*O=Python Software Foundation*') {
    throw "$($installer.Name) is not signed by the Python Software Foundation. Download it from python.org again."
  }
  $options = '/quiet', 'InstallAllUsers=1', 'Include_test=0', 'Include_launcher=0'
  $result = Start-Process -FilePath $installer.FullName -Wait -PassThru -ArgumentList $options
  if ($result.ExitCode -ne 0) { throw "Python's installer failed with exit code $($result.ExitCode). uketsuke was not changed." }
  $python = Find-Python
  if (-not $python) { throw 'Python was installed but cannot be found. Restart Windows and run this again.' }
  return $python
}

# --- the program --------------------------------------------------------------------------------------------------

function New-Program([string]$New, [string]$Python) {
  # build and test the new program before changing the running one
  if (Test-Path -LiteralPath $New) { Remove-Item -LiteralPath $New -Recurse -Force }
  $env:UV_OFFLINE = '1'
  $env:UV_NO_CACHE = '1'
  $env:UV_NO_CONFIG = '1'
  $env:UV_PYTHON_DOWNLOADS = 'never'
  $uv = Join-Path $Here 'uv.exe'
  Invoke-Checked $uv @('venv', '--quiet', '--relocatable', '--python', $Python, $New)
  $venvPython = Join-Path $New 'Scripts\python.exe'
  # compile now, because the terminal's user has no write permission
  $install = @('pip', 'install', '--quiet', '--python', $venvPython, '--no-index', '--find-links',
    (Join-Path $Here 'wheels'), '--no-deps', '--link-mode', 'copy', '--compile-bytecode')
  Invoke-Checked $uv ($install + @('--require-hashes', '-r', (Join-Path $Here 'requirements-windows.lock')))
  $wheel = Get-ChildItem -LiteralPath $Here -Filter 'uketsuke-*.whl' | Select-Object -First 1
  Invoke-Checked $uv ($install + @($wheel.FullName))
  Copy-Item -LiteralPath (Join-Path $Here 'start-terminal.ps1') -Destination $New
  $places = "@{ State = '$($State -replace "'", "''")'; User = '$($User -replace "'", "''")' }"
  Set-Content -LiteralPath (Join-Path $New 'places.psd1') -Encoding UTF8 -Value $places
  Invoke-Checked (Join-Path $New 'Scripts\uketsuke.exe') @('--version')
}

function Get-Running {
  # identify processes by command line, because python.exe in a virtual environment starts Python from another folder
  $folder = [WildcardPattern]::Escape("$Program\")
  Get-CimInstance -ClassName Win32_Process | Where-Object {
    $_.ExecutablePath -like "$folder*" -or
    ($_.Name -in 'python.exe', 'powershell.exe' -and $_.ProcessId -ne $PID -and $_.CommandLine -like "*$folder*") -or
    ($_.Name -eq 'msedge.exe' -and $_.CommandLine -like '*uketsuke-page*')
  }
}

function Stop-Program {
  foreach ($name in $Terminal, $Stub) {
    if (Test-Task $name) { Stop-ScheduledTask -TaskName $name }
  }
  $running = @(Get-Running)
  foreach ($process in $running) { Stop-Process -Id $process.ProcessId -Force -ErrorAction SilentlyContinue }
  foreach ($process in $running) { Wait-Process -Id $process.ProcessId -Timeout 20 -ErrorAction SilentlyContinue }
}

function Switch-Program([string]$New) {
  # if a file is in use, renaming fails and leaves the old program unchanged
  $old = "$Program.old"
  if (Test-Path -LiteralPath $old) { Remove-Item -LiteralPath $old -Recurse -Force }
  $replaced = Test-Path -LiteralPath $Program
  if ($replaced) { Rename-Item -LiteralPath $Program -NewName (Split-Path -Path $old -Leaf) }
  try {
    Rename-Item -LiteralPath $New -NewName (Split-Path -Path $Program -Leaf)
  } catch {
    if ($replaced) { Rename-Item -LiteralPath $old -NewName (Split-Path -Path $Program -Leaf) }
    throw
  }
}

function Initialize-State([string]$Sid) {
  # restrict access to ledger and keys to the terminal's user, administrators and the system
  if (-not (Test-Path -LiteralPath $State)) { New-Item -ItemType Directory -Path $State | Out-Null }
  Invoke-Checked 'icacls.exe' @($State, '/inheritance:r', '/grant:r', "*${Sid}:(OI)(CI)M", '*S-1-5-32-544:(OI)(CI)F',
    '*S-1-5-18:(OI)(CI)F', '/q')
  $settings = $Variables['UKETSUKE_CONFIG']
  if (-not (Test-Path -LiteralPath $settings)) {
    Set-Content -LiteralPath $settings -Encoding ASCII -Value 'profile = "clinic"'
  }
}

# --- at logon -----------------------------------------------------------------------------------------------------

function Test-Task([string]$Name) {
  return [bool](Get-ScheduledTask -TaskName $Name -ErrorAction SilentlyContinue)
}

function Test-TaskRunning([string]$Name) {
  return (Test-Task $Name) -and (Get-ScheduledTask -TaskName $Name).State -eq 'Running'
}

function Register-AtLogon([string]$Name, [string]$Arguments) {
  $start = "-NoProfile -ExecutionPolicy Bypass -WindowStyle Hidden $Arguments"
  $action = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $start
  $trigger = New-ScheduledTaskTrigger -AtLogOn -User $User
  $principal = New-ScheduledTaskPrincipal -UserId $User -LogonType Interactive -RunLevel Limited
  # 255 is the maximum number of restarts
  $taskSettings = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -MultipleInstances IgnoreNew `
    -ExecutionTimeLimit ([TimeSpan]::Zero) -RestartCount 255 -RestartInterval (New-TimeSpan -Minutes 1)
  Register-ScheduledTask -TaskName $Name -Action $action -Trigger $trigger -Principal $principal -Settings $taskSettings -Force | Out-Null
}

function Remove-Task([string]$Name) {
  if (Test-Task $Name) { Unregister-ScheduledTask -TaskName $Name -Confirm:$false }
}

# --- run ----------------------------------------------------------------------------------------------------------

Assert-Administrator

if ($Uninstall) {
  Stop-Program
  Remove-Task $Terminal
  Remove-Task $Stub
  foreach ($folder in $Program, "$Program.old", "$Program.new") {
    if (Test-Path -LiteralPath $folder) { Remove-Item -LiteralPath $folder -Recurse -Force }
  }
  foreach ($name in $Variables.Keys) { [Environment]::SetEnvironmentVariable($name, $null, 'Machine') }
  Write-Output "uketsuke was removed. $State (ledger, keys, settings, results) was not deleted. Observe the retention periods before deleting it."
  exit 0
}

if (-not $User) { $User = Get-PreviousUser }
$sid = Get-Sid $User
Assert-Complete
$new = "$Program.new"
New-Program $new (Install-Python)

$withStub = if ($PSBoundParameters.ContainsKey('Training')) { [bool]$Training } else { Test-Task $Stub }
$restart = @($Stub, $Terminal | Where-Object { Test-TaskRunning $_ })
Stop-Program
Switch-Program $new
Initialize-State $sid
foreach ($name in $Variables.Keys) { [Environment]::SetEnvironmentVariable($name, $Variables[$name], 'Machine') }
if ($withStub) { Register-AtLogon $Stub "-Command `"& '$Program\Scripts\uketsuke.exe' stub; exit `$LASTEXITCODE`"" }
else { Remove-Task $Stub }
Register-AtLogon $Terminal "-File `"$Program\start-terminal.ps1`""
foreach ($name in $restart) { if (Test-Task $name) { Start-ScheduledTask -TaskName $name } }
if (Test-Path -LiteralPath "$Program.old") {
  Remove-Item -LiteralPath "$Program.old" -Recurse -Force -ErrorAction SilentlyContinue
}

Write-Output "Installed: $Program."
if (Test-Path -LiteralPath (Join-Path $State 'terminal')) {
  Write-Output 'Ledger, keys and settings are unchanged. Running tasks were restarted.'
} else {
  Write-Output "Next: log on as $User, run & '$Program\Scripts\uketsuke.exe' setup, and log on again."
}
