BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
    Add-LabHistory 4
}

AfterAll { Exit-Lab }

Describe 'Optimize-BackupCopyChain' {
    It 'returns plans with -WhatIf' {
        $plan = Optimize-BackupCopyChain Archive -WhatIf
        $plan.IsPlan | Should -BeTrue
        $plan.Machine | Should -Be 'web01'
    }

    It 'puts the chains of a job in order, and its copies stay whole' {
        $result = Get-BackupCopyJob Archive | Optimize-BackupCopyChain
        $result.IsPlan | Should -BeFalse
        $result.ExtentsPerGBAfter | Should -Not -BeGreaterThan $result.ExtentsPerGBBefore
        Invoke-HealthCheck Archive -All -ErrorAction Stop 6>$null | Should -BeNullOrEmpty
    }

    It 'takes backups' {
        (Get-BackupCopyBackup Manual -Repository Primary | Optimize-BackupCopyChain).Count | Should -Be 2
    }

    It 'names a backup that is not there' {
        { Optimize-BackupCopyChain -Backup none -ErrorAction Stop } |
            Should -Throw -ErrorId 'BackupNotFound,*'
    }
}
