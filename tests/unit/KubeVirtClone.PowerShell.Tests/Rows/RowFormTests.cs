namespace KubeVirtClone.PowerShell.Tests.Rows;

/// <summary>Whatever form rows come in, they mean the same; what contradicts the command line is refused and never taken for something else.</summary>
public sealed class RowFormTests : IDisposable
{
    private readonly RowReaders _readers = new();

    public void Dispose() => _readers.Dispose();

    [Theory]
    [InlineData("[pscustomobject]@{ Name = 'golden'; TargetName = 'x' }")]
    [InlineData("@{ TargetName = 'x'; name = 'golden' }")]
    [InlineData("[ordered]@{ TARGETNAME = [string[]]'x'; SourceName = 'golden'; Hostname = $null }")]
    [InlineData("'[{\"Source\":\"golden\",\"Target\":\"x\",\"Label\":null,\"Start\":null}]' | ConvertFrom-Json")]
    [InlineData("'{\"VM\":\"golden\",\"TargetName\":[\"x\"]}' | ConvertFrom-Json -AsHashtable")]
    [InlineData("\"SourceName`tTargetName`ngolden`tx\" | ConvertFrom-Csv -Delimiter \"`t\"")]
    [InlineData("'\"SourceName\";\"TargetName\"', '\"golden\";\"x\"' | ConvertFrom-Csv -Delimiter ';'")]
    [InlineData("'golden,x' | ConvertFrom-Csv -Header Name, TargetName")]
    [InlineData("'Name,TargetName,Hostname', 'golden,x' | ConvertFrom-Csv")]
    [InlineData("class Wanted { [string] $SourceName = 'golden'; [string] $TargetName = 'x' }; [Wanted]::new()")]
    [InlineData("[System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize([pscustomobject]@{ Name = 'golden'; TargetName = 'x' }))")]
    [InlineData("[pscustomobject]@{ Name = 'golden'; Extra = 1 } | Select-Object Name, @{ n = 'TargetName'; e = { 'x' } }")]
    [InlineData("$t = [Data.DataTable]::new(); 'Name', 'TargetName', 'Hostname' | % { $null = $t.Columns.Add($_) }; $null = $t.Rows.Add('golden', 'x', [DBNull]::Value); $t.Rows")]
    public void A_source_and_a_target_are_read_out_of_any_form(string script)
    {
        var read = _readers.ByModule(script, []);
        var row = read.Rows.ShouldHaveSingleItem();
        row.Refusal.ShouldBeNull();
        row.Requests.ShouldHaveSingleItem().ShouldBe("VirtualMachine/golden>x in '' as '' of '' image '' '': ");
        read.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Cpu = 4", "Cpu=4")]
    [InlineData("Cpu = 4.0", "Cpu=4")]
    [InlineData("Memory = 8GB", "Memory=8Gi")]
    [InlineData("Memory = 8GB; Cpu = '2'", "Cpu=2, Memory=8Gi")]
    [InlineData("DiskSize = 40GB", "DiskSize={*: 40Gi}")]
    [InlineData("DiskSize = @{ root = 40GB; data = '1Ti' }", "DiskSize={data: 1Ti | root: 40Gi}")]
    [InlineData("DiskSize = [pscustomobject]@{ root = '40Gi' }", "DiskSize={root: 40Gi}")]
    [InlineData("DiskSize = 'root=40Gi', 'data=1Ti'", "DiskSize={data: 1Ti | root: 40Gi}")]
    [InlineData("StorageClass = 'root=fast; data=slow'", "StorageClass={data: slow | root: fast}")]
    [InlineData("Label = @{ tier = 'web'; n = 1; on = $true }", "Label={n: 1 | on: true | tier: web}")]
    [InlineData("Label = [pscustomobject]@{ tier = 'web;x' }", "Label={tier: web;x}")]
    [InlineData("Label = 'tier=web; zone=b'", "Label={tier: web | zone: b}")]
    [InlineData("MacAddress = @{ default = '02:00:00:00:00:01' }", "MacAddress={default: 02:00:00:00:00:01}")]
    [InlineData("ExcludeLabel = 'a', 'b;c'", "ExcludeLabel=[a | b;c]")]
    [InlineData("ExcludeLabel = 'a; b'", "ExcludeLabel=[a | b]")]
    [InlineData("ExcludeLabel = [Collections.Generic.List[string]]@('a', 'b')", "ExcludeLabel=[a | b]")]
    [InlineData("Patch = @{ op = 'remove'; path = '/a' }", "Patch=[{\"op\":\"remove\",\"path\":\"/a\"}]", "Patch=[{\"path\":\"/a\",\"op\":\"remove\"}]")]
    [InlineData("Hostname = @('h')", "Hostname=h")]
    [InlineData("Start = $true", "Start=True")]
    [InlineData("Start = [switch] $true", "Start=True")]
    [InlineData("Start = 1", "Start=True")]
    [InlineData("RunStrategy = 'manual'", "RunStrategy=Manual")]
    [InlineData("RunStrategy = [KubeVirtClone.VMRunStrategy]::Manual", "RunStrategy=Manual")]
    [InlineData("Without = 'Labels', 'Network'", "Without=Labels, Network")]
    [InlineData("NetworkPreset = 'KUBEOVN'; SmbiosSerial = 7", "SmbiosSerial=7, NetworkPreset=KubeOvn")]
    [InlineData("Serial = 12.50", "SmbiosSerial=12.5", "SmbiosSerial=12.50")]
    public void Values_of_objects_are_what_they_would_be_as_text(string members, params string[] meant)
    {
        foreach (var script in new[] { $"[pscustomobject]@{{ SourceName = 'golden'; TargetName = 'x'; {members} }}", $"@{{ SourceName = 'golden'; TargetName = 'x'; {members} }}" })
        {
            var row = _readers.ByModule(script, []).Rows.ShouldHaveSingleItem();
            row.Refusal.ShouldBeNull(script);
            meant.ShouldContain(row.Requests.ShouldHaveSingleItem().Split("'': ")[1], script);
        }
    }

    [Theory]
    [InlineData("Get-Item /", "says nothing about what to clone")]
    [InlineData("Get-Process -Id $PID", "says nothing about what to clone")]
    [InlineData("Get-Date", "says nothing about what to clone")]
    [InlineData(", @([pscustomobject]@{ Name = 'golden' })", "says nothing about what to clone")]
    [InlineData("[pscustomobject]@{ Template = 'golden'; NewName = 'x' }", "'Template' may be meant for SourceName")]
    [InlineData("[pscustomobject]@{ Name = $null; TargetName = 'x' }", "Name is empty")]
    [InlineData("[pscustomobject]@{ Name = 'golden'; TargetName = 'x'; Start = 'soon' }", "Start cannot be 'soon'")]
    [InlineData("[pscustomobject]@{ Name = 'golden'; TargetName = 'x'; Memory = @(1, 2) }", "Memory")]
    [InlineData("@{ Name = 'golden'; TargetName = 'x'; Hostname = @{ a = 1 } }", "Hostname takes one value")]
    [InlineData("@{ Name = 'golden'; TargetName = 'x'; Namespace = 'a', 'b' }", "Namespace")]
    [InlineData("[pscustomobject]@{ SourceName = 'golden'; VM = 'web'; TargetName = 'x' }", "SourceName and VM")]
    [InlineData("'Name;TargetName', 'golden;x' | ConvertFrom-Csv", "delimiter")]
    [InlineData("'Name|TargetName', 'golden|x' | ConvertFrom-Csv", "delimiter")]
    public void What_names_no_machine_is_refused(string script, string says)
    {
        var row = _readers.ByModule(script, []).Rows.ShouldHaveSingleItem();
        row.Requests.ShouldBeEmpty();
        row.Refusal.ShouldNotBeNull().ShouldContain(says);
    }

    [Theory]
    [InlineData("Namespace", "team-a", "Name = 'golden'; TargetName = 'x'; ns = 'team-b'", "'team-b', and the command line says 'team-a'")]
    [InlineData("SourceName", "golden", "SourceName = 'web'; TargetName = 'x'", "is 'web', and the command line says 'golden'")]
    [InlineData("SourceName", "golden", "Name = 'web'; TargetName = 'x'", "is 'web', and the command line says 'golden'")]
    [InlineData("SourceName", "golden", "Snapshot = 'golden'; TargetName = 'x'", "is the snapshot 'golden', and the command line says 'golden'")]
    [InlineData("Snapshot", "s", "SourceName = 's'; TargetName = 'x'", "is 's', and the command line says the snapshot 's'")]
    [InlineData("GoldenImage", "img", "SourceName = 'web'; TargetName = 'x'", "is 'web', and the command line says the golden image 'img'")]
    public void A_row_of_another_machine_or_place_than_the_command_line_says_is_refused(string parameter, string value, string members, string says)
    {
        var row = _readers.ByModule($"[pscustomobject]@{{ {members} }}", new(StringComparer.Ordinal) { [parameter] = value }).Rows.ShouldHaveSingleItem();
        row.Requests.ShouldBeEmpty();
        row.Refusal.ShouldNotBeNull().ShouldContain(says);
    }

    [Theory]
    [InlineData("Namespace", "team-a", "Name = 'golden'; TargetName = 'x'; ns = 'team-a'", "VirtualMachine/golden>x in 'team-a'")]
    [InlineData("Namespace", "team-a", "Name = 'golden'; TargetName = 'x'; ns = ''", "VirtualMachine/golden>x in 'team-a'")]
    [InlineData("SourceName", "golden", "SourceName = 'golden'; TargetName = 'x'", "VirtualMachine/golden>x")]
    [InlineData("SourceName", "golden", "Name = 'x'", "VirtualMachine/golden>x")]
    [InlineData("SourceName", "golden", "TargetName = 'x'", "VirtualMachine/golden>x")]
    public void What_agrees_with_the_command_line_is_made(string parameter, string value, string members, string made)
    {
        var row = _readers.ByModule($"[pscustomobject]@{{ {members} }}", new(StringComparer.Ordinal) { [parameter] = value }).Rows.ShouldHaveSingleItem();
        row.Refusal.ShouldBeNull();
        row.Requests.ShouldHaveSingleItem().ShouldStartWith(made);
    }

    [Fact]
    public void What_a_script_block_takes_of_a_row_is_meant()
    {
        var read = _readers.ByModule(
            "'Name,Template,Zone', 'web-1,golden,a' | ConvertFrom-Csv",
            new(StringComparer.Ordinal)
            {
                ["SourceName"] = System.Management.Automation.ScriptBlock.Create("$_.Template"),
                ["TargetName"] = System.Management.Automation.ScriptBlock.Create("$_.Name"),
                ["Label"] = System.Management.Automation.ScriptBlock.Create("@{ zone = $_.Zone }"),
            });
        read.Rows.ShouldHaveSingleItem().Requests.ShouldHaveSingleItem().ShouldBe("VirtualMachine/golden>web-1 in '' as '' of '' image '' '': Label={zone: a}");
    }
}
