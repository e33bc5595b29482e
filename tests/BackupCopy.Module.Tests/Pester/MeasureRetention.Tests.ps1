BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
    Add-LabHistory 5 @{ KeepPoints = 3; Weekly = 4; WeeklyOn = 'Sunday' }
}

AfterAll { Exit-Lab }

Describe 'Measure-BackupCopyRetention' {
    It 'forecasts a policy' {
        $forecast = Measure-BackupCopyRetention -KeepDays 5 -Days 20 -SizeBytes 10GB
        $forecast.Days.Count | Should -Be 20
        $forecast.Days[-1].Count | Should -Be 6
        $forecast.MostBytes | Should -BeGreaterThan 10GB
        $forecast | Out-String | Should -Match 'At most 7 points'
    }

    It 'says when the points of a job go, and why' {
        $existing = (Get-BackupCopyJob Archive | Measure-BackupCopyRetention -Days 60 -Every 1d).Existing
        $existing.Sequence | Should -Be 1, 3, 4, 5
        $existing[0].Flags.Tier | Should -Be Weekly
        $existing.Goes | Should -Not -BeNullOrEmpty
    }

    It 'writes a <Ending> file once' -ForEach @(
        @{ Ending = 'html' }, @{ Ending = 'svg' }, @{ Ending = 'txt' }
    ) {
        $file = Measure-BackupCopyRetention Archive -Days 30 -OutFile "restore/plan.$Ending"
        $file.Length | Should -BeGreaterThan 100
        { Measure-BackupCopyRetention Archive -Days 30 -OutFile $file -ErrorAction Stop } |
            Should -Throw -ErrorId 'DestinationExists,*'
        Measure-BackupCopyRetention Archive -Days 30 -OutFile $file -Force | Should -Not -BeNullOrEmpty
    }

    It 'refuses <Arguments>' -ForEach @(
        @{ Arguments = @{ KeepPoints = 1 } }
        @{ Arguments = @{ Weekly = 4 } }
        @{ Arguments = @{ Days = 0 } }
        @{ Arguments = @{ OutFile = 'plan.pdf' } }
    ) {
        { Measure-BackupCopyRetention @Arguments -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidArgument,*'
    }
}
