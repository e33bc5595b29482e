Describe 'The health check sample' {
    It 'runs' {
        $pwsh = (Get-Command pwsh -CommandType Application -TotalCount 1).Source
        $output = & $pwsh -NoProfile -File "$PSScriptRoot/../../../samples/HealthCheck.ps1"
        $LASTEXITCODE | Should -Be 0
        $output -join "`n" | Should -Match 'Equal, bit for bit'
    }
}
