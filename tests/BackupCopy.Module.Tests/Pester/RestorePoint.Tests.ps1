BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Restore points' {
    It 'are made of the images that a wildcard finds' {
        $point = New-BackupCopyRestorePoint -Repository Primary -Machine pair -Path vm/db01*.img
        $point.Disks.Name | Should -Be 'db01-data.img', 'db01.img'
    }

    It 'are made of files from the pipeline, with a machine for each' {
        Get-ChildItem vm/web*.img | New-BackupCopyRestorePoint Primary -Machine { "file-$($_.BaseName)" } |
            ForEach-Object Machine | Should -Be 'file-web01'
    }

    It 'are made of images on a PowerShell drive' {
        $null = New-PSDrive -Name Vm -PSProvider FileSystem -Root "$Lab/vm"
        (New-BackupCopyRestorePoint Primary drive Vm:/web01.img).State | Should -Be Complete
    }

    It 'are exported bit for bit, the newest or one before a time' {
        $file = Export-BackupCopyRestorePoint -Repository Primary -Machine web01 -Destination restore
        (Get-FileHash $file).Hash | Should -Be (Get-FileHash vm/web01.img).Hash
        $older = Get-BackupCopyRestorePoint web01 -Repository Primary -Before (Get-Date).AddHours(-3) |
            Export-BackupCopyRestorePoint -Destination restore
        (Get-FileHash $older).Hash | Should -Not -Be (Get-FileHash vm/web01.img).Hash
    }

    It 'are filtered by time, backup and number' {
        @(Get-BackupCopyRestorePoint web01, db01 -Backup Manual -Newest 1).Count | Should -Be 2
        @(Get-BackupCopyRestorePoint web01 -After (Get-Date).AddHours(-3)).Count | Should -Be 1
    }

    It 'of a machine that nobody knows are an error' {
        { Get-BackupCopyRestorePoint none -ErrorAction Stop } | Should -Throw -ErrorId 'MachineNotFound,*'
    }
}
