BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'What controls a job' {
    It 'is kept, shown and taken back' {
        $control = @{ Every = '1d'; At = '22:00'; Allow = 'Mon-Fri 20:00-06:00', 'Sat,Sun'; MaxRate = '20MB/s' }
        $job = New-BackupCopyJob Timed -Source Primary -Target Offsite @control -RpoWarning 26h
        $job.Schedule | Should -Be 'every 1d at 22:00'
        $job.Allow | Should -Be 'Mon-Fri 20:00-06:00', 'Sat,Sun'
        $job.MaxRateBytesPerSecond | Should -Be 20MB
        $job.RpoWarning.TotalHours | Should -Be 26
        $changed = Set-BackupCopyJob Timed -Every '' -Allow @() -MaxRate 0 -RpoWarning '' -PassThru
        $changed.Schedule | Should -Be 'by hand'
        $changed.CurrentWindow | Should -Be 'open'
        $changed.RpoWarning | Should -BeNullOrEmpty
    }

    It 'comes from the rows of a table' {
        $row = 'Name,Source,Target,Every,At,Allow,Deny,MailTo,ReportOn',
            'Row,Primary,Offsite,1d,23:00,"Mon-Fri 20:00-06:00; Sat,Sun",,a@example.org;b@example.org,' |
            ConvertFrom-Csv | New-BackupCopyJob
        $row.Schedule | Should -Be 'every 1d at 23:00'
        $row.Allow.Count | Should -Be 2
        $row.MailTo.Count | Should -Be 2
        $row.ReportOn | Should -BeNullOrEmpty
        ($row | New-BackupCopyJob -Name Again -Every 4h).Schedule | Should -Be 'every 4h'
    }

    It 'is refused where it cannot be: <Arguments>' -ForEach @(
        @{ Arguments = @{ Every = '0m' }; Id = 'InvalidArgument' }
        @{ Arguments = @{ Every = '3650d' }; Id = 'InvalidArgument' }
        @{ Arguments = @{ At = '22:00' }; Id = 'InvalidArgument' }
        @{ Arguments = @{ Allow = 'Mon'; Deny = 'Mon' }; Id = 'InvalidArgument' }
        @{ Arguments = @{ TimeZone = 'Middle/Earth' }; Id = 'InvalidArgument' }
        @{ Arguments = @{ PreScript = 'nothing.sh' }; Id = 'ScriptNotFound' }
    ) {
        { Set-BackupCopyJob Nightly @Arguments -ErrorAction Stop } | Should -Throw -ErrorId "$Id,*"
    }

    It 'takes a script by a path from the prompt, with its arguments' {
        [IO.File]::WriteAllText("$Lab/pre.ps1", 'exit 0')
        $job = Set-BackupCopyJob Nightly -PreScript ./pre.ps1, one, 'two three' -PassThru -WarningAction Ignore
        $job.PreScript | Should -Be "$Lab/pre.ps1", 'one', 'two three'
        (Set-BackupCopyJob Nightly -PreScript @() -PassThru).PreScript | Should -BeNullOrEmpty
    }

    It 'warns of a start time that clocks skip' {
        Set-BackupCopyJob Nightly -Every 1d -At 02:30 -TimeZone Europe/Berlin -WarningVariable told 3>$null
        $told | Should -Match '02:30 does not exist'
        Set-BackupCopyJob Nightly -Every ''
    }
}

Describe 'A job that is disabled' {
    It 'does not run until it is enabled' {
        Disable-BackupCopyJob Night*
        (Get-BackupCopyJob Nightly).State | Should -Be Disabled
        { Start-BackupCopySync Nightly -ErrorAction Stop } | Should -Throw -ErrorId 'JobDisabled,*'
        (Get-BackupCopyJob Nightly | Enable-BackupCopyJob -PassThru).State | Should -Be Idle
        (Start-BackupCopySync Nightly).Result | Should -Be Success
    }
}
