BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Settings' {
    It 'change where they are given, and nowhere else' {
        Set-BackupCopySetting -MaxTasks 4 -MaxRate 20MB/s
        Set-BackupCopySetting -HistoryDays 30
        $settings = Get-BackupCopySetting
        $settings.MaxTasks | Should -Be 4
        $settings.MaxRateBytesPerSecond | Should -Be 20MB
        $settings.HistoryDays | Should -Be 30
    }

    It 'keep secrets and do not show them' {
        $password = ConvertTo-SecureString 'pw-4711' -AsPlainText -Force
        Set-BackupCopySetting -Credential ([pscredential]::new('backup', $password)) `
            -Webhook 'https://hooks.example.com/T0ken'
        $shown = Get-BackupCopySetting | Format-List * | Out-String
        $shown | Should -Match 'hooks.example.com'
        $shown | Should -Not -Match 'T0ken|pw-4711'
        Set-BackupCopySetting -Credential ([pscredential]::Empty) -Webhook ''
        (Get-BackupCopySetting).HasPassword | Should -BeFalse
    }
}

Describe 'Reports' {
    It 'need a mail server or a web hook' {
        { Send-BackupCopyReport Nightly -ErrorAction Stop } | Should -Throw -ErrorId 'MailNotConfigured,*'
        { Send-BackupCopyReport -Test -ErrorAction Stop } | Should -Throw -ErrorId 'MailNotConfigured,*'
    }

    It 'say why they cannot be sent' {
        Set-BackupCopySetting -SmtpServer 127.0.0.1 -SmtpPort 1 -From a@example.com -To b@example.com -ReportOn Never
        { Send-BackupCopyReport -Test -ErrorAction Stop } | Should -Throw -ErrorId 'MailFailed,*'
    }
}
