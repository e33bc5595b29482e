BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Events' {
    It 'come from sessions, by object and by id' {
        $session = Get-BackupCopySession -Newest 1
        $events = @($session | Get-BackupCopyEvent)
        $events.Count | Should -Be $session.Events.Count
        $events[0].SessionId | Should -Be $session.Id
        @(Get-BackupCopyEvent "$($session.Id)").Count | Should -Be $events.Count
        ($events[0] | Get-BackupCopyJob).Name | Should -Be 'Nightly'
    }

    It 'are narrowed by machine and level' {
        $session = Get-BackupCopySession -Newest 1
        ($session | Get-BackupCopyEvent -Machine web* | Select-Object -Unique Machine).Machine |
            Should -Be 'web01'
        $session | Get-BackupCopyEvent -Level Warning | Should -BeNullOrEmpty
    }
}
