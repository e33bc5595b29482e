BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Repositories' {
    It 'are listed by name, wildcard and object' {
        Get-BackupCopyRepository | ForEach-Object Name | Should -Be 'Offsite', 'Primary'
        (Get-BackupCopyRepository off*).Name | Should -Be 'Offsite'
        (Get-BackupCopyRepository Primary | Get-BackupCopyRepository).Name | Should -Be 'Primary'
        Get-BackupCopyRepository 'none*' | Should -BeNullOrEmpty
    }

    It 'that do not exist are an error with a remedy' {
        { Get-BackupCopyRepository none -ErrorAction Stop } |
            Should -Throw -ErrorId 'RepositoryNotFound,*' -PassThru |
            ForEach-Object { $_.ErrorDetails.RecommendedAction } | Should -BeLike '*Register-*'
    }

    It 'are made from the records of a file' {
        @'
        Name,Path,BlockSize,Compression
        Csv1,backup/csv1,256KB,Fast
        Csv2,backup/csv2,1MB,High
'@ -replace '(?m)^\s+' | ConvertFrom-Csv | New-BackupCopyRepository |
            ForEach-Object { "$($_.Name) $($_.BlockSizeBytes) $($_.Compression)" } |
            Should -Be 'Csv1 262144 Fast', 'Csv2 1048576 High'
    }

    It 'can be changed, forgotten and attached again' {
        $null = New-BackupCopyRepository Moving backup/moving
        Set-BackupCopyRepository Moving -MaxRate 100Mbit/s -PassThru |
            ForEach-Object MaxRateBytesPerSecond | Should -Be 12500000
        Unregister-BackupCopyRepository Moving -InformationVariable said 6>$null
        "$said" | Should -BeLike "*$Lab/backup/moving*"
        Move-Item backup/moving backup/moved
        Register-BackupCopyRepository backup/moved -Name Moving | ForEach-Object State | Should -Be Available
    }

    It 'are rescanned' {
        Update-BackupCopyRepository Primary | ForEach-Object RestorePointCount | Should -Be 3
        $deep = Update-BackupCopyRepository Primary -Deep
        $deep.LeakedBytes | Should -Be 0
        $deep.Damage | Should -BeNullOrEmpty
    }

    It 'give space back in the way that was chosen' {
        $made = New-BackupCopyRepository Whole backup/whole -ReleaseMode WholeFiles
        $made.ReleaseMode | Should -Be WholeFiles
        Set-BackupCopyRepository Whole -ReleaseMode Rewrite -PassThru | ForEach-Object ReleaseMode |
            Should -Be Rewrite
    }
}
