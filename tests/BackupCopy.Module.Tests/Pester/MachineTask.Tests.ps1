BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    . "$PSScriptRoot/../Fixtures/Lab.ps1"
    Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
    Initialize-Lab
}

AfterAll { Exit-Lab }

Describe 'Machine tasks' {
    It 'tell what a session did with each machine' {
        $tasks = Get-BackupCopySession Nightly | Get-BackupCopyMachineTask | Sort-Object Machine
        $tasks.Machine | Should -Be 'db01', 'web01'
        $tasks.Result | Should -Be 'Success', 'Success'
        $tasks[0].SizeBytes | Should -Be (2100KB)
    }

    It 'are offered by session' {
        $line = "Get-BackupCopyMachineTask -CatalogPath '$Lab/catalog.db' -Session "
        (TabExpansion2 $line $line.Length).CompletionMatches.ListItemText | Should -BeLike 'Nightly*Success'
    }
}
