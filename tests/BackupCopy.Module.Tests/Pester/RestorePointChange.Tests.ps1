BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Set-BackupCopyRestorePoint' {
    It 'holds points with a reason, and releases them' {
        $held = Get-BackupCopyRestorePoint db01 | Set-BackupCopyRestorePoint -Hold -Reason 'audit' -PassThru
        $held.HoldReason | Should -BeLike '*@*: audit'
        Get-BackupCopyRestorePoint | Where-Object IsHeld | ForEach-Object Machine | Should -Be 'db01', 'db01'
        $held | Set-BackupCopyRestorePoint -Release
        Get-BackupCopyRestorePoint | Where-Object IsHeld | Should -BeNullOrEmpty
    }

    It 'wants to know which of the two' {
        { Get-BackupCopyRestorePoint db01 | Set-BackupCopyRestorePoint -Hold -Release -ErrorAction Stop } |
            Should -Throw
    }
}

Describe 'Remove-BackupCopyRestorePoint' {
    It 'keeps what is held and the last good point' {
        $point = Get-BackupCopyRestorePoint db01 -Repository Offsite
        $point | Set-BackupCopyRestorePoint -Hold
        { $point | Remove-BackupCopyRestorePoint -Confirm:$false -ErrorAction Stop } |
            Should -Throw -ErrorId 'PointHeld,*'
        $point | Set-BackupCopyRestorePoint -Release
        { $point | Remove-BackupCopyRestorePoint -Confirm:$false -ErrorAction Stop } |
            Should -Throw -ErrorId 'LastGoodPoint,*'
    }

    It 'asks before anything goes' {
        $before = @(Get-BackupCopyRestorePoint).Count
        { Get-BackupCopyRestorePoint web01 -Repository Primary | Select-Object -First 1 |
            Remove-BackupCopyRestorePoint -ErrorAction Stop } | Should -Throw
        @(Get-BackupCopyRestorePoint).Count | Should -Be $before
    }

    It 'removes older points and leaves the others whole' {
        $gone = Remove-BackupCopyRestorePoint -Repository Primary -Machine web01 -PassThru `
            -Before (Get-Date).AddHours(-3) -Confirm:$false
        $gone.Sequence | Should -Be 1
        $file = Export-BackupCopyRestorePoint -Repository Primary -Machine web01 -Destination restore
        (Get-FileHash $file).Hash | Should -Be (Get-FileHash vm/web01.img).Hash
    }

    It 'takes the last good point with -Force' {
        Get-BackupCopyRestorePoint -Repository Offsite | Remove-BackupCopyRestorePoint -Force -Confirm:$false
        Get-BackupCopyRestorePoint -Repository Offsite | Should -BeNullOrEmpty
    }
}
