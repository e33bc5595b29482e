BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Stop-BackupCopySync and Wait-BackupCopySync' {
    It 'have nothing to do where nothing runs' {
        Stop-BackupCopySync Nightly -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -Match 'does not run'
        Wait-BackupCopySync | Should -BeNullOrEmpty
    }

    It 'end a sync of another process' {
        Set-BackupCopyRepository Offsite -MaxRate 128KB/s
        $pwsh = (Get-Command pwsh -CommandType Application -TotalCount 1).Source
        $command = "Import-Module '$env:BACKUPCOPY_MODULE'; " +
            "Start-BackupCopySync Nightly -FullBackup -CatalogPath '$Lab/catalog.db'"
        $process = Start-Process $pwsh '-NoProfile', '-Command', $command -PassThru
        while (-not (Get-BackupCopySession -Running)) {
            $process.HasExited | Should -BeFalse
            Start-Sleep -Milliseconds 50
        }
        (Stop-BackupCopySync Nightly -PassThru).Job | Should -Be 'Nightly'
        (Wait-BackupCopySync Nightly -Timeout 5m).Result | Should -Be 'Stopped'
        $process.WaitForExit()
    }
}

Describe 'Invoke-BackupCopyService' {
    It 'says what it would run' {
        Invoke-BackupCopyService -WhatIf | Should -BeNullOrEmpty
    }
}
