Describe 'QuickStart' {
    It 'proves a restore' {
        $pwsh = (Get-Process -Id $PID).Path
        $output = & $pwsh -NoProfile -File "$PSScriptRoot/../../../samples/QuickStart.ps1"
        $LASTEXITCODE | Should -Be 0
        $output -join "`n" | Should -Match 'Equal, bit for bit'
    }
}
