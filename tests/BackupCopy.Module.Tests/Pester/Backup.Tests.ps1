BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Get-BackupCopyBackup' {
    It 'lists backups with their jobs' {
        $backups = Get-BackupCopyBackup | Sort-Object Name
        $backups.Name | Should -Be 'Manual', 'Nightly'
        $backups.Job | Should -Be '', 'Nightly'
        $backups.RestorePointCount | Should -Be 3, 2
        Get-BackupCopyBackup -Orphaned | Should -BeNullOrEmpty
    }

    It 'leads to the restore points' {
        Get-BackupCopyBackup Nightly | Get-BackupCopyRestorePoint | ForEach-Object Backup |
            Should -Be 'Nightly', 'Nightly'
    }

    It 'is completed by name' {
        $line = "Get-BackupCopyBackup -CatalogPath '$Lab/catalog.db' -Name n"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'Nightly'
    }
}

Describe 'Remove-BackupCopyBackup' {
    It 'refuses the backup of a job' {
        { Remove-BackupCopyBackup Nightly -Repository Offsite -Confirm:$false -ErrorAction Stop } |
            Should -Throw -ErrorId 'BackupInUse,*'
    }

    It 'asks before anything goes' {
        { Remove-BackupCopyBackup Manual -Repository Primary -ErrorAction Stop } | Should -Throw
        @(Get-BackupCopyRestorePoint -Repository Primary).Count | Should -Be 3
    }

    It 'removes what no job keeps any more' {
        Remove-BackupCopyJob Nightly 6>$null
        $path = (Get-BackupCopyBackup -Orphaned).Path
        Get-BackupCopyBackup -Orphaned | Remove-BackupCopyBackup -Confirm:$false
        Test-Path $path | Should -BeFalse
        Get-BackupCopyBackup | ForEach-Object Name | Should -Be 'Manual'
    }
}
