@{
    ModuleVersion        = '0.1.0'
    GUID                 = 'c1f18941-9d78-437b-bf44-369423118730'
    Author               = 'The BackupCopy maintainers'
    Copyright            = 'The BackupCopy maintainers'
    Description          = 'Keeps a second, verified copy of machines'' restore points in another repository.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    # The loader comes first: it gives the engine and its dependencies a load context of their own.
    NestedModules        = @('BackupCopy.Loader.dll')
    RootModule           = 'BackupCopy.PowerShell.dll'
    TypesToProcess       = @('BackupCopy.Types.ps1xml')
    FormatsToProcess     = @('BackupCopy.Format.ps1xml')
    CmdletsToExport      = @(
        'New-BackupCopyRepository'
        'Register-BackupCopyRepository'
        'Unregister-BackupCopyRepository'
        'Get-BackupCopyRepository'
        'Set-BackupCopyRepository'
        'Update-BackupCopyRepository'
        'New-BackupCopyRestorePoint'
        'Get-BackupCopyRestorePoint'
        'Set-BackupCopyRestorePoint'
        'Remove-BackupCopyRestorePoint'
        'Export-BackupCopyRestorePoint'
        'Get-BackupCopyBackup'
        'Remove-BackupCopyBackup'
        'New-BackupCopyJob'
        'Get-BackupCopyJob'
        'Set-BackupCopyJob'
        'Remove-BackupCopyJob'
        'Enable-BackupCopyJob'
        'Disable-BackupCopyJob'
        'Set-LookForward'
        'Get-LookForward'
        'Measure-BackupCopySync'
        'Start-BackupCopySync'
        'Stop-BackupCopySync'
        'Wait-BackupCopySync'
        'Invoke-BackupCopyService'
        'Measure-BackupCopyRetention'
        'Invoke-BackupCopyRetention'
        'Invoke-HealthCheck'
        'Optimize-BackupCopyChain'
        'Get-BackupCopySession'
        'Get-BackupCopyMachineTask'
        'Get-BackupCopyEvent'
        'Get-BackupCopySetting'
        'Set-BackupCopySetting'
        'Send-BackupCopyReport'
    )
    AliasesToExport      = @(
        'Set-BackupCopyLookForward'
        'Get-BackupCopyLookForward'
        'Invoke-BackupCopyHealthCheck'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('Backup', 'Restore', 'Retention', 'PSEdition_Core', 'Linux', 'Windows', 'MacOS')
        }
    }
}
