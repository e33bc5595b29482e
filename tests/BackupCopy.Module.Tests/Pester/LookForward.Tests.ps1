BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Look-forward' {
    It 'is set for all jobs, for one, and inherited again' {
        Set-LookForward $true
        (Get-LookForward)[0].Enabled | Should -BeTrue
        (Get-LookForward Nightly).IsInherited | Should -BeTrue
        Set-LookForward $false -Job Nightly
        (Get-BackupCopyJob Nightly).LookForward | Should -BeFalse
        (Set-LookForward -Job Nightly -Inherit -PassThru).Enabled | Should -BeTrue
        Set-BackupCopyLookForward $false
        (Get-BackupCopyLookForward).Enabled | Should -Be $false, $false
    }

    It 'is never set for all jobs by a name that is not there' {
        Get-BackupCopyJob none* | Set-LookForward $true
        { Set-LookForward $true -Job $undefined } | Should -Throw
        (Get-LookForward)[0].Enabled | Should -BeFalse
    }
}
