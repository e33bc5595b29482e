BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Jobs' {
    It 'are made, changed and removed' {
        $job = New-BackupCopyJob Made -Source Primary -Target (Get-BackupCopyRepository Offsite) -Machine web*
        $job.Machine | Should -Be 'web*'
        $job | Set-BackupCopyJob -Exclude old -PassThru | ForEach-Object Exclude | Should -Be 'old'
        $job | Remove-BackupCopyJob 6>$null
        Get-BackupCopyJob Mad* | Should -BeNullOrEmpty
    }

    It 'say how they stand' {
        $job = Get-BackupCopyJob Nightly
        $job.LastResult | Should -Be Success
        $job.Lag.TotalHours | Should -BeGreaterThan 23
    }

    It 'are completed by name' {
        $line = "Get-BackupCopyJob -CatalogPath '$Lab/catalog.db' -Name n"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be 'Nightly'
    }

    It 'ask before they are removed when that is wanted' {
        Remove-BackupCopyJob * -WhatIf
        @(Get-BackupCopyJob).Count | Should -BeGreaterThan 0
    }
}
