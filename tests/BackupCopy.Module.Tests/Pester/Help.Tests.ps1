BeforeDiscovery {
    Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
    $cmdlets = Get-Command -Module BackupCopy -CommandType Cmdlet | ForEach-Object { @{ Cmdlet = $_.Name } }
}

Describe 'The examples of <Cmdlet>' -ForEach $cmdlets {
    BeforeAll {
        Import-Module $env:BACKUPCOPY_MODULE -ErrorAction Stop
        . "$PSScriptRoot/../Fixtures/Lab.ps1"
        Enter-Lab ([IO.Directory]::CreateTempSubdirectory('backupcopy-pester-').FullName)
        Initialize-Lab
        Add-ExampleDrive
    }

    AfterAll { Exit-Lab }

    It 'run' {
        $examples = @(Get-LabExample $Cmdlet)
        $examples.Count | Should -BeGreaterOrEqual 1
        foreach ($example in $examples) {
            try { & ([scriptblock]::Create("`$ErrorActionPreference = 'Stop'; $($example.Code)")) *> $null }
            catch { throw "$($example.Title): $($example.Code): $_" }
        }
    }
}
