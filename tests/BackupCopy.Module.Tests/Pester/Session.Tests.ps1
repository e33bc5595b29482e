BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Sessions' {
    It 'are listed, the newest first' {
        $null = Start-BackupCopySync Nightly
        $sessions = Get-BackupCopySession Nightly
        $sessions.Count | Should -Be 2
        $sessions[0].StartTime | Should -BeGreaterThan $sessions[1].StartTime
        (Get-BackupCopySession -Newest 1).Id | Should -Be $sessions[0].Id
    }

    It 'are found by id, with or without quotes' {
        $session = Get-BackupCopySession -Newest 1
        (Get-BackupCopySession -Id "$($session.Id)").Id | Should -Be $session.Id
        { Get-BackupCopySession -Id ([guid]::NewGuid()) -ErrorAction Stop } |
            Should -Throw -ErrorId 'SessionNotFound,*'
    }
}
