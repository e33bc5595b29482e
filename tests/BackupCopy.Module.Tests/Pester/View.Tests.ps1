BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'The views of <Command>' -ForEach @(
    @{ Command = 'Get-BackupCopyRepository' }
    @{ Command = 'Get-BackupCopyRestorePoint' }
    @{ Command = 'Get-BackupCopyBackup' }
    @{ Command = 'Get-BackupCopyJob' }
    @{ Command = 'Get-LookForward' }
    @{ Command = 'Get-BackupCopySession' }
    @{ Command = '(Get-BackupCopySession).Events' }
    @{ Command = 'Get-BackupCopySession | Get-BackupCopyMachineTask' }
    @{ Command = 'Measure-BackupCopySync Nightly' }
    @{ Command = 'Update-BackupCopyRepository *' }
    @{ Command = 'Invoke-BackupCopyRetention Nightly' }
    @{ Command = '(Measure-BackupCopyRetention Nightly -Days 30).Existing' }
    @{ Command = '(Measure-BackupCopyRetention Nightly -Days 3).Days' }
    @{ Command = '(Measure-BackupCopyRetention Nightly -Days 3).LastDay' }
) {
    BeforeAll { $objects = @(Invoke-Expression $Command) }

    It 'show a table that fits' {
        $lines = ($objects | Out-String -Width 120).Trim() -split '\r?\n'
        $lines.Count | Should -BeGreaterOrEqual ($objects.Count + 2)
        $lines[1] | Should -Match '^(\e\[[0-9;]*m)*-'
        $lines -join "`n" | Should -Not -Match '#ERR'
    }

    It 'leave a long text room where a window has 80 columns' {
        $header = (($objects | Out-String -Width 80) -split '\r?\n' -match '\w')[0] -replace '\e\[[0-9;]*m'
        $header | Should -Match '\w'
        if ($header -match '^(.*\b)(Reason|Policy|Text|Why)\s*$') { $Matches[1].Length | Should -BeLessOrEqual 60 }
    }

    It 'show a list with the details' {
        $text = $objects | Format-List | Out-String
        $text | Should -Match ' : '
        $text | Should -Not -Match '#ERR'
    }

    It 'show the essentials after objects of another kind' {
        $text = & { [pscustomobject]@{ Other = 1 }; $objects } | Out-String
        $text | Should -Not -Match 'Id\s+:'
    }
}
