BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Invoke-HealthCheck' {
    It 'returns nothing for copies that are whole, and says what it verified' {
        $lines = Invoke-HealthCheck Nightly 6>&1
        $lines.Count | Should -Be 2
        "$($lines[0])" | Should -Match 'verified in .*, no damage'
        Invoke-HealthCheck -Repository Offsite -Quick 6>$null | Should -BeNullOrEmpty
    }

    It 'remembers when a restore point was verified' {
        Get-BackupCopyRestorePoint -Repository Offsite | ForEach-Object {
            $_.VerifiedTime | Should -BeGreaterThan ([datetime]::Now.AddMinutes(-30))
        }
    }

    It 'finds a bit that turned over, names an error, and changes nothing with -WhatIf' {
        $file = Add-LabDamage mnt/offsite
        $found = Invoke-HealthCheck Nightly -ErrorVariable failed -ErrorAction SilentlyContinue 6>$null
        $found.Kind | Should -Be 'DamagedBlock'
        $found.Path | Should -Be $file
        $found.RepairableFrom | Should -Match 'Primary'
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'DamageFound,*'
        { Invoke-HealthCheck Nightly -ErrorAction Stop 6>$null } | Should -Throw -ErrorId 'DamageFound,*'
        $would = Invoke-HealthCheck Nightly -Repair -WhatIf -ErrorAction SilentlyContinue 6>$null
        $would.State | Should -Be 'Found'
    }

    It 'heals it' {
        $healed = Invoke-HealthCheck Nightly -Repair -ErrorAction Stop 6>$null
        $healed.State | Should -Be 'Healed'
        Invoke-HealthCheck Nightly -All -ErrorAction Stop 6>$null | Should -BeNullOrEmpty
    }

    It 'takes restore points, and each machine of them once' {
        $lines = Get-BackupCopyRestorePoint -Repository Primary | Invoke-HealthCheck 6>&1
        $lines.Count | Should -Be 2
    }
}
