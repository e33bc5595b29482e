BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
    $null = New-Item -ItemType Directory vm/images/app01
    New-LabImage vm/images/app01/2026-11-26_2200.img 900 4
    New-LabImage vm/images/app01/2026-11-27_2200.img 900 5
    Set-Content vm/images/app01/2026-11-27_2200.xml '<domain/>'
}

AfterAll { Exit-Lab }

Describe 'A folder of images' {
    It 'says what it understands before it is one' {
        $said = New-BackupCopyRepository Vms vm/images -Images -WhatIf -Verbose 4>&1
        "$said" | Should -BeLike '*app01/2026-11-27_2200.img is app01, 2026-11-27 22:00:00*'
        Get-BackupCopyRepository | ForEach-Object Name | Should -Not -Contain Vms
    }

    It 'is a repository whose points are its files' {
        $vms = New-BackupCopyRepository Vms vm/images -Images -SettleTime 0s
        $vms.Kind | Should -Be Images
        @(Get-BackupCopyRestorePoint -Repository Vms).Count | Should -Be 2
        (Get-BackupCopyRestorePoint -Repository Vms -Newest 1).Attachments | Should -Be '2026-11-27_2200.xml'
    }

    It 'is copied by a job, and nothing of it changes' {
        $before = Get-ChildItem vm/images -Recurse -File | Get-FileHash
        $session = New-BackupCopyJob Images -Source Vms -Target Offsite | Start-BackupCopySync
        $session.Result | Should -Be Success
        (Start-BackupCopySync Images).TransferredBytes | Should -Be 0
        (Get-ChildItem vm/images -Recurse -File | Get-FileHash).Hash | Should -Be $before.Hash
    }

    It 'comes back as a raw image with its attachment, and as other images' {
        $point = Get-BackupCopyRestorePoint app01 -Repository Offsite
        $raw, $xml = $point | Export-BackupCopyRestorePoint -Destination restore
        (Get-FileHash $raw).Hash | Should -Be (Get-FileHash vm/images/app01/2026-11-27_2200.img).Hash
        Get-Content $xml | Should -Be '<domain/>'
        $again = $point | Export-BackupCopyRestorePoint -Destination restore/q -Format Qcow2 | Select-Object -First 1
        $again.Extension | Should -Be .qcow2
        (New-BackupCopyRestorePoint Primary again $again).Disks[0].SizeBytes | Should -Be $raw.Length
    }

    It 'is waited for while somebody writes' {
        $writer = [IO.File]::Open("$Lab/vm/images/app01/2026-11-28_2200.img", 'Create', 'Write', 'None')
        try {
            $writer.Write([byte[]]::new(5000), 0, 5000)
            $point = Get-BackupCopyRestorePoint app01 -Repository Vms -IncludeIncomplete -Newest 1
            $point.State | Should -Be Locked
            (Measure-BackupCopySync Images).Action | Should -Be Wait
        }
        finally { $writer.Dispose() }
    }
}
