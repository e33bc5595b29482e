BeforeAll {
    Import-Module $env:BACKUPCOPY_MODULE -Force -ErrorAction Stop
}

Describe 'The module' {
    It 'exports only commands of its own' {
        Get-Command -Module BackupCopy | ForEach-Object Source | Should -BeIn 'BackupCopy'
    }

    It 'has a valid manifest' {
        Test-ModuleManifest $env:BACKUPCOPY_MODULE | ForEach-Object Name | Should -Be 'BackupCopy'
    }

    It 'uses approved verbs' {
        $approved = Get-Verb | ForEach-Object Verb
        Get-Command -Module BackupCopy -CommandType Cmdlet | ForEach-Object Verb | Should -BeIn $approved
    }
}
