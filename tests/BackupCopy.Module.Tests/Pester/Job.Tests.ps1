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

    It 'keep what they are told to keep' {
        $keep = @{ KeepDays = 14; Weekly = '8 weeks'; WeeklyOn = 'Sunday'; RemoveDeletedAfter = '30d' }
        $job = New-BackupCopyJob Kept -Source Primary -Target Offsite @keep
        $job.Retention | Should -Be '14 days, Weekly 8 weeks on Sunday'
        $changed = $job | Set-BackupCopyJob -KeepPoints 5 -Weekly 0 -PassThru
        $changed.Retention | Should -Be '5 points'
        $changed.RemoveDeletedAfter.Days | Should -Be 30
        { $job | Set-BackupCopyJob -RemoveDeletedAfter 1d -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidArgument,*'
        $job | Remove-BackupCopyJob 6>$null
    }

    It 'are made and changed by the rows of a table' {
        $made = 'Name,Source,Target,KeepPoints,RemoveDeletedAfter', 'Row,Primary,Offsite,,' |
            ConvertFrom-Csv | New-BackupCopyJob
        $made.Retention | Should -Be '7 points'
        $rows = 'Name,KeepPoints,Weekly,WeeklyOn,Compression', 'Row,3,4,Sunday,', 'Row,,,,High' | ConvertFrom-Csv
        $changed = $rows | Set-BackupCopyJob -Parallel 1 -PassThru
        $changed[1].Retention | Should -Be '3 points, Weekly 4 on Sunday'
        ($rows | Set-BackupCopyJob -Weekly $undefined -PassThru)[0].Weekly | Should -Be '4'
        $made | Remove-BackupCopyJob 6>$null
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
