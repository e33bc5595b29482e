BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
    Add-LabHistory 6
    Set-BackupCopyJob Archive -KeepPoints 2

    function Get-Archived { @(Get-BackupCopyRestorePoint -Repository Offsite -Backup Archive) }
}

AfterAll { Exit-Lab }

Describe 'Invoke-BackupCopyRetention' {
    It 'changes nothing with -WhatIf' {
        Invoke-BackupCopyRetention Archive -WhatIf | Should -BeNullOrEmpty
        (Get-Archived).Count | Should -Be 6
    }

    It 'refuses a backup that a job owns, and an orphaned one without a policy' {
        $offsite = @{ Repository = 'Offsite'; Backup = 'Archive'; KeepPoints = 2; ErrorAction = 'Stop' }
        { Invoke-BackupCopyRetention @offsite } | Should -Throw -ErrorId 'BackupBelongsToAnotherJob,*'
        { Invoke-BackupCopyRetention -Repository Past -Backup Manual -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidArgument,*'
    }

    It 'removes what the policy of a job does not keep' {
        $result = Get-BackupCopyJob Archive | Invoke-BackupCopyRetention
        $result.Removed.Sequence | Should -Be 1, 2, 3, 4
        $result.Removed[0].Why | Should -Be 'older than the newest 2 points'
        $result.FreedBytes | Should -BeGreaterThan 0
        (Get-Archived).Count | Should -Be 2
    }

    It 'takes a policy for an orphaned backup' {
        $result = Invoke-BackupCopyRetention -Repository Past -Backup Manual -KeepPoints 3 -Machine web*
        $result.KeptCount | Should -Be 3
    }
}
