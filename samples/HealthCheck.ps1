<#
.SYNOPSIS
    A copy rots, and heals: a health check finds one bit that turned over, and the bytes come back.
.DESCRIPTION
    Makes two small disk images, restore points of them, and copies. Then turns one bit over in a file of the
    copies, as a disk that ages does, finds it, heals it from the first repository, puts the copies in disk
    order, and restores. Works in a temporary folder with a catalog of its own and removes both at the end.
    Uses PowerShell's core cmdlets only.
.EXAMPLE
    dotnet run --project src/BackupCopy.Shell -- samples/HealthCheck.ps1
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
$work = [IO.Directory]::CreateTempSubdirectory('backupcopy-health-').FullName
try {
    $null = $paths.SetLocation($work)
    $env:BACKUPCOPY_CATALOG = [IO.Path]::Combine($work, 'catalog.db')
    $disk = [IO.Path]::Combine($work, 'web01.img')
    $bytes = [byte[]]::new(16MB)
    [Random]::new(1).NextBytes($bytes)
    $edit = [byte[]]::new(64KB)
    $null = New-BackupCopyRepository Primary -Path primary
    $null = New-BackupCopyRepository Offsite -Path offsite
    $null = New-BackupCopyJob Nightly -Source Primary -Target Offsite

    Write-Line '# A week of web01, copied every night'
    foreach ($day in 0..6) {
        [Random]::new($day).NextBytes($edit)
        $edit.CopyTo($bytes, $day * 2MB)
        [IO.File]::WriteAllBytes($disk, $bytes)
        $time = ([datetime]'2026-03-01 22:00').AddDays($day)
        $null = New-BackupCopyRestorePoint Primary web01 $disk -Raw -Time $time
        $null = Start-BackupCopySync Nightly
    }
    Write-Line

    Show 'Is the newest copy whole? A line says what was read; no output means no damage' {
        Invoke-HealthCheck Nightly
    }
    Show 'Since then the restore point says when it was verified' {
        foreach ($point in Get-BackupCopyRestorePoint -Repository Offsite) {
            '{0:yyyy-MM-dd}: {1}' -f $point.Time, ($point.VerifiedTime ? 'verified' : 'not verified yet')
        }
    }

    Write-Line '# Somewhere in the copies one bit turns over'
    $largest = $null
    foreach ($file in [IO.Directory]::GetFiles("$work/offsite", '*.bcblocks', 'AllDirectories')) {
        if (-not $largest -or [IO.FileInfo]::new($file).Length -gt $largest.Length) {
            $largest = [IO.FileInfo]::new($file)
        }
    }
    $stream = $largest.Open('Open', 'ReadWrite')
    $stream.Position = 5MB
    $value = $stream.ReadByte()
    $stream.Position = 5MB
    $stream.WriteByte($value -bxor 1)
    $stream.Dispose()
    Write-Line

    Show 'The next check finds it, and says which restore points it harms and who has the bytes' {
        $found = Invoke-HealthCheck Nightly -All -ErrorAction SilentlyContinue
        "$($found.Kind) $($found.Block) of $($found.Disk), at $($found.Offset) in $($found.Path)"
        "in the restore points $($found.AffectedPoints); from $($found.RepairableFrom)"
    }
    Show 'What would a repair do?' {
        Invoke-HealthCheck Nightly -All -Repair -WhatIf -ErrorAction SilentlyContinue
    }
    Show 'Heal it; every restore point that uses the block is whole again' {
        Invoke-HealthCheck Nightly -All -Repair
        Invoke-HealthCheck Nightly -All
    }
    Show 'Increments scatter a disk over many files: put the newest state in order' {
        Optimize-BackupCopyChain Nightly
    }

    Write-Line '# And the newest restore point is the machine as it was'
    $newest = Get-BackupCopyRestorePoint -Repository Offsite -Newest 1
    $restored = $newest | Export-BackupCopyRestorePoint -Destination restored
    if ((Get-Digest $restored.FullName) -ne (Get-Digest $disk)) { throw 'The restored image differs.' }
    Write-Line '   Equal, bit for bit.'
}
finally {
    $null = $paths.SetLocation($start.Path)
    $env:BACKUPCOPY_CATALOG = $catalog
    [IO.Directory]::Delete($work, $true)
}
