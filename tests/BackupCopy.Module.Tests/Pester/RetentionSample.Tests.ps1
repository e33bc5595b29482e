Describe 'The retention sample' {
    It 'runs' {
        $pwsh = (Get-Process -Id $PID).Path
        $output = & $pwsh -NoProfile -File "$PSScriptRoot/../../../samples/Retention.ps1"
        $LASTEXITCODE | Should -Be 0
        $output -join "`n" | Should -Match 'Equal, bit for bit'
    }
}
