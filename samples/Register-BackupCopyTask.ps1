<#
.SYNOPSIS
Registers a scheduled task of Windows that runs the service from the start of the host, or one job every day.

.EXAMPLE
./Register-BackupCopyTask.ps1
Runs all enabled jobs for as long as the host runs.

.EXAMPLE
./Register-BackupCopyTask.ps1 -Job Nightly -At 22:00
Runs the job Nightly every day at 22:00.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    # The job to run once a day; left out, the service is registered.
    [string] $Job,
    [datetime] $At = '22:00',
    [string] $TaskName = $(if ($Job) { "BackupCopy $Job" } else { 'BackupCopy' })
)
$ErrorActionPreference = 'Stop'
if (-not $IsWindows) { throw 'Scheduled tasks are of Windows. Elsewhere take the units or the line for cron.' }

# A name in the command is a text between single quotes, whatever it holds.
$quoted = "'" + $Job.Replace("'", "''") + "'"
$command = if ($Job) { "Start-BackupCopySync $quoted" } else { 'Invoke-BackupCopyService' }
$pwsh = [System.Environment]::ProcessPath
$action = @{
    Execute  = $pwsh
    Argument = "-NoProfile -NonInteractive -Command `"Import-Module BackupCopy; $command`""
}
$settings = @{
    # A time that was missed is made up for, and nothing runs twice at once.
    StartWhenAvailable         = $true
    MultipleInstances          = 'IgnoreNew'
    AllowStartIfOnBatteries    = $true
    DontStopIfGoingOnBatteries = $true
    # Without this Windows ends a task after three days.
    ExecutionTimeLimit         = [timespan]::Zero
    RestartCount               = 999
    RestartInterval            = [timespan]::FromMinutes(1)
}
$task = @{
    TaskName  = $TaskName
    Action    = New-ScheduledTaskAction @action
    Trigger   = if ($Job) { New-ScheduledTaskTrigger -Daily -At $At } else { New-ScheduledTaskTrigger -AtStartup }
    Settings  = New-ScheduledTaskSettingsSet @settings
    Principal = New-ScheduledTaskPrincipal -UserId 'SYSTEM' -LogonType ServiceAccount -RunLevel Highest
}
if ($PSCmdlet.ShouldProcess($TaskName, "Register a task that runs $command")) {
    Register-ScheduledTask @task -Force
}
