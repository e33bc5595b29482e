BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'A sync in the background' {
    It 'is a job of PowerShell' {
        $job = Start-BackupCopySync Nightly -AsJob
        $job.Name | Should -Be 'Nightly'
        ($job | Wait-Job).State | Should -Be Completed
        ($job | Receive-Job).Result | Should -Be Success
        $job | Remove-Job
        Get-Job -Id $job.Id -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'is received while it runs, and removed' {
        $session = Start-BackupCopySync Nightly -AsJob | Receive-Job -Wait -AutoRemoveJob
        $session.Job | Should -Be 'Nightly'
    }

    It 'fails when its session cannot work' {
        $job = Start-BackupCopySync none -AsJob | Wait-Job
        $job.State | Should -Be Failed
        { $job | Receive-Job -ErrorAction Stop } | Should -Throw -ErrorId 'JobNotFound*'
        $job | Remove-Job
    }

    It 'is stopped, and the next one goes on' {
        Set-BackupCopyRepository Offsite -MaxRate 128KB/s
        $job = Start-BackupCopySync Nightly -FullBackup -AsJob
        $job | Stop-Job
        $job.State | Should -BeIn Stopped, Completed
        Set-BackupCopyRepository Offsite -MaxRate 0
        (Start-BackupCopySync Nightly).Result | Should -Be Success
        $job | Remove-Job
    }
}
