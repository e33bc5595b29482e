<#
.SYNOPSIS
    The main job from end to end: a disk, two repositories, a copy job, two days, a restore that is proven.
.DESCRIPTION
    Makes a disk image with real files of this machine, or takes a copy of yours. Works in a temporary folder
    with a catalog of its own and removes both at the end; nothing else on this machine changes. Uses
    PowerShell's core cmdlets only, so that BackupCopy.Shell runs it where no pwsh is installed.
.EXAMPLE
    dotnet run --project src/BackupCopy.Shell -- samples/QuickStart.ps1
.EXAMPLE
    ./samples/QuickStart.ps1 -Image ./disk.raw
#>
[CmdletBinding()]
param(
    # A raw disk image of your own. It is copied, never changed.
    [string] $Image
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

if (-not (Get-Module BackupCopy)) { Import-Module "$PSScriptRoot/../out/BackupCopy" }

$bold, $cyan, $green, $reset = if ([Console]::IsOutputRedirected) { '', '', '', '' } else {
    $PSStyle.Bold, $PSStyle.Foreground.Cyan, $PSStyle.Foreground.Green, $PSStyle.Reset
}

function Write-Line([string] $Text = '') { $Text | Out-Host }

function Write-Step([string] $Title) {
    $script:step++
    Write-Line "$bold$script:step. $Title$reset"
}

# Shows the commands as one would type them, then what they return; or hands that on.
function Show([scriptblock] $Commands, [switch] $PassThru) {
    foreach ($line in "$Commands".Trim() -split '\r?\n') {
        Write-Line "   ${cyan}PS> $($line.Trim())$reset"
    }
    if ($PassThru) { & $Commands } else { & $Commands | Out-Host }
}

function Get-Size([long] $Bytes) { '{0:n0} MB' -f ($Bytes / 1MB) }

function Get-Digest([string] $Path) {
    $stream = [IO.File]::OpenRead($Path)
    try { [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($stream)).ToLowerInvariant() }
    finally { $stream.Dispose() }
}

# Copies real files of this machine into a folder until they make up the wanted size.
function Copy-RealFile([string] $Folder, [long] $WantedBytes) {
    $places = @(
        [Runtime.InteropServices.RuntimeEnvironment]::GetRuntimeDirectory()
        '/usr/share', '/usr/lib', '/System/Library/Fonts', "$env:windir\System32", $PSHOME
    ) | Where-Object { [IO.Directory]::Exists($_) }
    $options = [IO.EnumerationOptions]@{
        RecurseSubdirectories = $true; AttributesToSkip = 'ReparsePoint, Device'; IgnoreInaccessible = $true
    }
    $count = 0
    $bytes = 0L
    foreach ($place in $places) {
        foreach ($file in [IO.DirectoryInfo]::new($place).EnumerateFiles('*', $options)) {
            if ($bytes -ge $WantedBytes) { return [pscustomobject]@{ Count = $count; Bytes = $bytes } }
            if ($file.Length -gt 16MB) { continue }
            $copy = [IO.Path]::Combine($Folder, "$($count % 16)", "$count-$($file.Name)")
            $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($copy))
            try { $null = $file.CopyTo($copy) }
            catch [IO.IOException], [UnauthorizedAccessException] { continue }
            $count++
            $bytes += $file.Length
        }
    }
    [pscustomobject]@{ Count = $count; Bytes = $bytes }
}

# The disk of day 1; says how it was made.
function New-Disk([string] $Path) {
    if ($Image) {
        [IO.File]::Copy($Image, $Path)
        return "a copy of $Image"
    }

    $folder = [IO.Path]::Combine($work, 'files')
    $files = Copy-RealFile $folder 128MB
    $what = "{0:n0} real files of this machine ({1})" -f $files.Count, (Get-Size $files.Bytes)
    $mke2fs = 'mke2fs', '/sbin/mke2fs', '/usr/sbin/mke2fs', '/opt/homebrew/opt/e2fsprogs/sbin/mke2fs' |
        ForEach-Object { Get-Command $_ -CommandType Application -ErrorAction Ignore } | ForEach-Object Source
    if ($mke2fs) {
        # Room for the files, the tables of the file system, and some that stays free.
        $megabytes = [int]($files.Bytes * 1.2 / 1MB) + 64
        & @($mke2fs)[0] -q -t ext4 -d $folder $Path "${megabytes}M" *> $null
        if ($LASTEXITCODE -eq 0) { return "an ext4 file system made by mke2fs, with $what" }
        [IO.File]::Delete($Path)
    }

    [Formats.Tar.TarFile]::CreateFromDirectory($folder, $Path, $false)
    "an uncompressed tar (there is no mke2fs here), with $what"
}

# A day's work on the disk: new bytes in places all over it.
function Edit-Disk([string] $Path) {
    $places = 24
    $buffer = [byte[]]::new(64KB)
    $stream = [IO.File]::Open($Path, 'Open', 'ReadWrite')
    try {
        foreach ($i in 0..($places - 1)) {
            [Random]::Shared.NextBytes($buffer)
            $stream.Position = [long]($stream.Length / $places * $i)
            $stream.Write($buffer, 0, [Math]::Min($buffer.Length, $stream.Length - $stream.Position))
        }
    }
    finally { $stream.Dispose() }
    "$places places of 64 KB, all over the disk,"
}

$clock = [Diagnostics.Stopwatch]::StartNew()
$step = 0
$paths = $ExecutionContext.SessionState.Path
if ($Image) { $Image = $paths.GetUnresolvedProviderPathFromPSPath($Image) }
$start = $paths.CurrentLocation
$catalog = $env:BACKUPCOPY_CATALOG
$work = [IO.Directory]::CreateTempSubdirectory('backupcopy-quickstart-').FullName
try {
    $null = $paths.SetLocation($work)
    $env:BACKUPCOPY_CATALOG = [IO.Path]::Combine($work, 'catalog.db')
    $day1 = [datetime]::Today.AddDays(-2).AddHours(22)
    $day2 = $day1.AddDays(1)
    $disk = [IO.Path]::Combine($work, 'web01.img')

    Write-Line
    Write-Line 'BackupCopy keeps a second, verified copy of your restore points in another place.'
    Write-Line "Watch it do that, in $work, which is removed at the end."
    Write-Line

    Write-Step 'The disk of a machine called web01'
    Write-Line "   web01.img is $(New-Disk $disk)."
    Write-Line

    Write-Step 'Two repositories: where backups are, and where the copies go'
    Show {
        New-BackupCopyRepository Primary -Path primary
        New-BackupCopyRepository Offsite -Path offsite
    }

    Write-Step 'The evening before last: a restore point of web01'
    Show { New-BackupCopyRestorePoint -Repository Primary -Machine web01 -Path web01.img -Raw -Time $day1 }

    Write-Step 'A job that copies the newest restore points to Offsite, and its first sync: a full copy'
    Show { New-BackupCopyJob Nightly -Source Primary -Target Offsite | Start-BackupCopySync }

    Write-Step 'Last evening: the disk has changed'
    Write-Line "   $(Edit-Disk $disk) hold other bytes now."
    Write-Line
    Show { New-BackupCopyRestorePoint -Repository Primary -Machine web01 -Path web01.img -Raw -Time $day2 }

    Write-Step 'What would a sync do now? Then do it: only what changed travels'
    Show { Measure-BackupCopySync Nightly }
    Show { Start-BackupCopySync Nightly }

    Write-Step 'What happened, and what there is'
    Show { Get-BackupCopySession -Job Nightly }
    Show { Get-BackupCopyRestorePoint }

    Write-Step 'The test of every backup: restore the newest point of the copy'
    $restored = Show -PassThru {
        Export-BackupCopyRestorePoint -Repository Offsite -Machine web01 -Destination restored
    }
    $expected = Get-Digest $disk
    $actual = Get-Digest $restored.FullName
    Write-Line
    Write-Line "   The image                $($restored.FullName.Substring($work.Length + 1))"
    Write-Line "   SHA-256 of the disk      $expected"
    Write-Line "   SHA-256 of the restore   $actual"
    if ($expected -ne $actual) { throw 'The restored image differs from the disk.' }
    Write-Line "   ${green}Equal, bit for bit.$reset"
    Write-Line
    Write-Line ('Done in {0:n0} seconds. What to do next:' -f $clock.Elapsed.TotalSeconds)
    Write-Line '   Get-Command *-BackupCopy*                   all there is'
    Write-Line '   Get-Help Start-BackupCopySync -Full         a cmdlet with examples'
    Write-Line '   dotnet run --project src/BackupCopy.Shell   a prompt to try them, where there is no pwsh'
}
finally {
    $null = $paths.SetLocation($start.Path)
    $env:BACKUPCOPY_CATALOG = $catalog
    [IO.Directory]::Delete($work, $true)
}
