# Something for tests and examples to work with, in a temporary folder that stands for the root: the folders
# /backup, /mnt, /vm and /restore of the examples lie below it. Core cmdlets only.

$script:LabFolders = 'backup', 'mnt', 'vm', 'restore'

# A lab without anything in it; the module's cmdlets use its catalog from now on.
function Enter-Lab([string] $Root) {
    $LabFolders | ForEach-Object { $null = [IO.Directory]::CreateDirectory([IO.Path]::Combine($Root, $_)) }
    $global:PSDefaultParameterValues['*-BackupCopy*:CatalogPath'] = [IO.Path]::Combine($Root, 'catalog.db')
    $script:LabStart = $ExecutionContext.SessionState.Path.CurrentLocation.Path
    $null = $ExecutionContext.SessionState.Path.SetLocation($Root)
    $global:Lab = $Root
}

function Exit-Lab {
    $global:PSDefaultParameterValues.Remove('*-BackupCopy*:CatalogPath')
    $null = $ExecutionContext.SessionState.Path.SetLocation($LabStart)
    if ($Lab) { [IO.Directory]::Delete($Lab, $true) }
    $global:Lab = $null
}

# Random bytes with the mark of a boot sector, by which they are known as those of a disk.
function New-LabImage([string] $Path, [int] $Kilobytes = 1024, [int] $Seed = 1) {
    $bytes = [byte[]]::new($Kilobytes * 1KB)
    [Random]::new($Seed).NextBytes($bytes)
    $bytes[510], $bytes[511] = 0x55, 0xaa
    [IO.File]::WriteAllBytes([IO.Path]::Combine($Lab, $Path), $bytes)
}

# New bytes in one block of an image.
function Edit-LabImage([string] $Path, [int] $Seed = 2) {
    $bytes = [byte[]]::new(4KB)
    [Random]::new($Seed).NextBytes($bytes)
    $bytes[510], $bytes[511] = 0x55, 0xaa
    $stream = [IO.File]::OpenWrite([IO.Path]::Combine($Lab, $Path))
    try { $stream.Write($bytes, 0, $bytes.Length) } finally { $stream.Dispose() }
}

# Turns one bit over in the middle of the largest block file below a folder, as a rotting disk does.
function Add-LabDamage([string] $Path) {
    $folder = [IO.Path]::Combine($Lab, $Path)
    $largest = $null
    foreach ($file in [IO.Directory]::GetFiles($folder, '*.bcblocks', 'AllDirectories')) {
        if (-not $largest -or [IO.FileInfo]::new($file).Length -gt $largest.Length) {
            $largest = [IO.FileInfo]::new($file)
        }
    }

    $stream = $largest.Open('Open', 'ReadWrite')
    try {
        $stream.Position = [long][Math]::Floor($largest.Length / 2)
        $value = $stream.ReadByte()
        $stream.Position = $stream.Position - 1
        $stream.WriteByte($value -bxor 1)
    }
    finally { $stream.Dispose() }
    $largest.FullName
}

# Two machines in Primary, the job Nightly that copied both to Offsite, and a newer point of web01.
function Initialize-Lab {
    New-LabImage vm/web01.img 1024 1
    New-LabImage vm/db01.img 600 2
    New-LabImage vm/db01-data.img 1500 3
    $null = New-BackupCopyRepository Primary -Path "$Lab/backup/primary"
    $null = New-BackupCopyRepository Offsite -Path "$Lab/mnt/offsite"
    $now = [datetime]::Now
    $null = New-BackupCopyRestorePoint Primary web01 "$Lab/vm/web01.img" -Time $now.AddHours(-26)
    $null = New-BackupCopyRestorePoint Primary db01 "$Lab/vm/db01*.img" -Time $now.AddHours(-25)
    $null = New-BackupCopyJob Nightly -Source Primary -Target Offsite | Start-BackupCopySync
    Edit-LabImage vm/web01.img
    $null = New-BackupCopyRestorePoint Primary web01 "$Lab/vm/web01.img" -Time $now.AddHours(-2)
}

# The job Archive in Offsite, which copied web01 at noon of so many days from 1 March 2026, a Sunday, on.
function Add-LabHistory([int] $Days = 5, [hashtable] $Keep = @{}) {
    $null = New-BackupCopyRepository Past -Path "$Lab/backup/past"
    $null = New-BackupCopyJob Archive -Source Past -Target Offsite @Keep
    foreach ($day in 0..($Days - 1)) {
        Edit-LabImage vm/web01.img $day
        $time = ([datetime]'2026-03-01 12:00').AddDays($day)
        $null = New-BackupCopyRestorePoint Past web01 "$Lab/vm/web01.img" -Time $time
        $null = Start-BackupCopySync Archive
    }
}

# What the examples need beside that: a spare repository, a drive that another catalog made, and somebody who
# knows the password.
function Add-ExampleDrive {
    function global:Get-Credential([string] $UserName) {
        $password = [securestring]::new()
        'example'.ToCharArray() | ForEach-Object { $password.AppendChar($_) }
        [pscredential]::new($UserName, $password)
    }

    $null = New-BackupCopyRepository Spare -Path "$Lab/backup/spare"
    $other = @{ CatalogPath = "$Lab/other.db" }
    $null = Register-BackupCopyRepository "$Lab/backup/primary" -Name Primary @other
    $null = New-BackupCopyRepository Usb -Path "$Lab/mnt/usb" @other
    $null = New-BackupCopyJob Travel -Source Primary -Target Usb @other | Start-BackupCopySync @other
}

# The examples of a cmdlet as they run in the lab; those that begin a service would never end.
function Get-LabExample([string] $Command) {
    foreach ($example in (Get-Help $Command -Full).examples.example) {
        $code = [regex]::Replace($example.code, "(?<![\w.])/($($LabFolders -join '|'))\b", "$Lab/`$1")
        if ($code -match '^Invoke-BackupCopyService' -and $code -notmatch '-WhatIf') { continue }
        [pscustomobject]@{ Command = $Command; Title = $example.title.Trim(); Code = $code }
    }
}
