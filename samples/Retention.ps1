<#
.SYNOPSIS
    Five weeks of a machine in a minute: what a retention keeps, why, and for how long.
.DESCRIPTION
    Makes a small disk image and a restore point of it for every second day of five weeks, copies each with a
    job that keeps 3 points and a point for every week and month, and restores an old one. Works in a
    temporary folder with a catalog of its own and removes both at the end. Uses PowerShell's core cmdlets
    only.
.EXAMPLE
    dotnet run --project src/BackupCopy.Shell -- samples/Retention.ps1
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

if (-not (Get-Module BackupCopy)) { Import-Module "$PSScriptRoot/../out/BackupCopy" }

function Write-Line([string] $Text = '') { $Text | Out-Host }

# Shows the commands as one would type them, then what they return.
function Show([string] $Title, [scriptblock] $Commands) {
    Write-Line "# $Title"
    foreach ($line in "$Commands".Trim() -split '\r?\n') { Write-Line "   PS> $($line.Trim())" }
    & $Commands | Out-Host
}

function Get-Digest([string] $Path) {
    $stream = [IO.File]::OpenRead($Path)
    try { [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($stream)) }
    finally { $stream.Dispose() }
}

$paths = $ExecutionContext.SessionState.Path
$start = $paths.CurrentLocation
$catalog = $env:BACKUPCOPY_CATALOG
$work = [IO.Directory]::CreateTempSubdirectory('backupcopy-retention-').FullName
try {
    $null = $paths.SetLocation($work)
    $env:BACKUPCOPY_CATALOG = [IO.Path]::Combine($work, 'catalog.db')
    $disk = [IO.Path]::Combine($work, 'web01.img')
    $bytes = [byte[]]::new(4MB)
    [Random]::new(1).NextBytes($bytes)
    $edit = [byte[]]::new(64KB)
    $null = New-BackupCopyRepository Primary -Path primary
    $null = New-BackupCopyRepository Offsite -Path offsite

    Show 'A policy, before anything is stored: what will there be after a year of nights?' {
        $keep = @{ KeepPoints = 3; Weekly = 4; WeeklyOn = 'Sunday'; Monthly = 12; MonthlyOn = 'First' }
        Measure-BackupCopyRetention @keep -Days 365 -SizeBytes 40GB
    }
    $keep = @{ KeepPoints = 3; Weekly = 4; WeeklyOn = 'Sunday'; Monthly = 12; MonthlyOn = 'First' }
    $null = New-BackupCopyJob Nightly -Source Primary -Target Offsite @keep

    Write-Line '# Five weeks of web01: a restore point every second evening, each copied by the job'
    $first = [datetime]'2026-03-01 22:00'
    $digests = @{}
    foreach ($day in 0..34) {
        if ($day % 2) { continue }
        [Random]::new($day).NextBytes($edit)
        $edit.CopyTo($bytes, 0)
        [IO.File]::WriteAllBytes($disk, $bytes)
        $digests[$day] = Get-Digest $disk
        $null = New-BackupCopyRestorePoint Primary web01 $disk -Raw -Time $first.AddDays($day)
        $session = Start-BackupCopySync Nightly
        if ($session.RemovedPointCount) {
            Write-Line ('   {0:yyyy-MM-dd}: {1} removed' -f $first.AddDays($day), $session.RemovedPointCount)
        }
    }
    Write-Line

    Show 'What is left: three points, and the flagged one of each week and month' {
        Get-BackupCopyRestorePoint -Repository Offsite
    }
    Show 'Why each of them stays, and when it goes' {
        foreach ($point in (Measure-BackupCopyRetention Nightly -Days 400 -Every 2d).Existing) { "$point" }
    }
    Show 'One of them is needed for an audit: hold it, whatever the policy says' {
        $needed = @(Get-BackupCopyRestorePoint -Repository Offsite)[1]
        $needed | Set-BackupCopyRestorePoint -Hold -Reason 'Audit 2026'
    }
    Show 'Fewer weeks from now on: first what would go, then do it' {
        Set-BackupCopyJob Nightly -Weekly 2
        Invoke-BackupCopyRetention Nightly -WhatIf
        Invoke-BackupCopyRetention Nightly
    }

    Write-Line '# The oldest point restores alone, after all that was removed around it'
    $oldest = @(Get-BackupCopyRestorePoint -Repository Offsite)[0]
    $restored = $oldest | Export-BackupCopyRestorePoint -Destination restored
    $day = ($oldest.Time - $first).Days
    if ((Get-Digest $restored.FullName) -ne $digests[$day]) { throw 'The restored image differs.' }
    Write-Line "   $($oldest.Time.ToString('yyyy-MM-dd')): Equal, bit for bit."
}
finally {
    $null = $paths.SetLocation($start.Path)
    $env:BACKUPCOPY_CATALOG = $catalog
    [IO.Directory]::Delete($work, $true)
}
