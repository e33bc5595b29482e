#!/usr/bin/env pwsh
<#
.SYNOPSIS
    Builds, tests, measures and packages BackupCopy.
.DESCRIPTION
    Needs the .NET SDK. Uses PowerShell's core cmdlets only, so that BackupCopy.Shell runs it where no pwsh is
    installed.
.EXAMPLE
    ./build.ps1 Build, Test
.EXAMPLE
    ./build.ps1 Bench -Arguments --help
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Bench', 'Package', 'QuickStart')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    # Passed on to the benchmark or to the sample.
    [string[]] $Arguments = @()
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

function Invoke-Dotnet {
    & dotnet @args
    if ($LASTEXITCODE -ne 0) { throw "dotnet $($args[0]) ended with exit code $LASTEXITCODE." }
}

function Invoke-Build { Invoke-Dotnet build "$PSScriptRoot/BackupCopy.sln" -c $Configuration }

function New-Package {
    $version = (Test-ModuleManifest "$PSScriptRoot/out/BackupCopy/BackupCopy.psd1").Version
    $package = "$PSScriptRoot/out/BackupCopy-$version.zip"
    [System.IO.File]::Delete($package)
    [System.IO.Compression.ZipFile]::CreateFromDirectory(
        "$PSScriptRoot/out/BackupCopy", $package, [System.IO.Compression.CompressionLevel]::Optimal, $true)
    $package
}

switch ($Task) {
    'Build' { Invoke-Build }
    'Test' { Invoke-Dotnet test --solution "$PSScriptRoot/BackupCopy.sln" -c $Configuration }
    'Bench' {
        Invoke-Dotnet run --project "$PSScriptRoot/tests/BackupCopy.Benchmarks" -c Release -- @Arguments
    }
    'Package' { Invoke-Build; New-Package }
    'QuickStart' {
        Invoke-Dotnet run --project "$PSScriptRoot/src/BackupCopy.Shell" -c $Configuration -- `
            "$PSScriptRoot/samples/QuickStart.ps1" @Arguments
    }
}
