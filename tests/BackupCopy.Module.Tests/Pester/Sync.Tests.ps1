BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'A sync' {
    It 'is measured, told with -WhatIf, and run' {
        $plan = Measure-BackupCopySync Nightly | Where-Object Action -eq Copy
        $plan.Machine | Should -Be 'web01'
        Start-BackupCopySync Nightly -WhatIf | Should -BeNullOrEmpty
        $session = Get-BackupCopyJob Nightly | Start-BackupCopySync
        $session.Result | Should -Be Success
        $session.ReadBytes | Should -Be $plan.ReadBytes
    }

    It 'runs in another runspace' {
        $session = 1 | ForEach-Object -Parallel {
            Import-Module $env:BACKUPCOPY_MODULE
            Start-BackupCopySync Nightly -CatalogPath $using:Lab/catalog.db
        }
        $session.Job | Should -Be 'Nightly'
    }

    It 'leads from another process to the same things' {
        $other = Start-Job {
            Import-Module $using:env:BACKUPCOPY_MODULE
            Get-BackupCopySession -Newest 1 -CatalogPath $using:Lab/catalog.db
        } | Receive-Job -Wait -AutoRemoveJob
        ($other | Get-BackupCopyJob).Name | Should -Be 'Nightly'
        @($other | Get-BackupCopyMachineTask).Count | Should -Be 2
    }

    It 'fails machine by machine, and still returns the session' {
        Get-ChildItem backup/primary -Recurse -Filter *.bcblocks | Rename-Item -NewName { $_.Name + '.away' }
        $quiet = @{ ErrorVariable = 'failed'; ErrorAction = 'SilentlyContinue' }
        $session = Start-BackupCopySync Nightly -FullBackup @quiet
        Get-ChildItem backup/primary -Recurse -Filter *.away | Rename-Item -NewName { $_.BaseName }
        $session.FailedCount | Should -Be 2
        $failed.TargetObject | Sort-Object | Should -Be 'db01', 'web01'
        $failed[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'ends pwsh with <Expected> after <Command>' -ForEach @(
        @{ Command = 'Start-BackupCopySync Nightly'; Expected = 0 }
        @{ Command = 'Start-BackupCopySync none'; Expected = 1 }
    ) {
        $pwsh = (Get-Command pwsh -CommandType Application -TotalCount 1).Source
        $commands = "Import-Module '$env:BACKUPCOPY_MODULE'; $Command -CatalogPath $Lab/catalog.db"
        & $pwsh -NoProfile -Command $commands *> $null
        $LASTEXITCODE | Should -Be $Expected
    }
}
