using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Commands;
using KubeVirtClone.Sandbox;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Cli.Tests.CommandLine;

public sealed class SandboxOptionsReaderTests
{
    [Fact]
    public void Everything_said_goes_into_the_options()
    {
        var options = SandboxOptionsReader.Read(new SandboxInvocation
        {
            KubeConfigPath = "f",
            Port = 8443,
            Vms = 100,
            Pacing = false,
            ClockFactor = 2.5,
            Seed = 7,
            Faults = ["hang,verb=watch"],
        });

        options.Port.ShouldBe(8443);
        options.VmCount.ShouldBe(100);
        options.Pacing.ShouldBeFalse();
        options.ClockFactor.ShouldBe(2.5);
        options.Seed.ShouldBe(7);
        options.Faults.ShouldHaveSingleItem().Kind.ShouldBe(FaultKind.Hang);
    }

    [Fact]
    public void A_seed_file_stands_in_place_of_the_demo()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """["golden", {"name": "db", "namespace": "lab", "storageClass": "fast", "size": "20Gi"}]""");
            var options = SandboxOptionsReader.Read(new SandboxInvocation { KubeConfigPath = "f", SeedFile = file });

            options.Seeded.ShouldBeFalse();
            options.Objects.Select(o => $"{o["kind"]} {o["metadata"]!["name"]}").ShouldBe(
                ["VirtualMachine golden", "PersistentVolumeClaim db-data", "VirtualMachine db"], ignoreOrder: true);
            SandboxOptionsReader.Read(new SandboxInvocation { KubeConfigPath = "f" }).Seeded.ShouldBeTrue();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_seed_file_of_a_dash_is_read_from_stdin()
    {
        using var input = new StringReader("""["golden"]""");
        var options = SandboxOptionsReader.Read(new SandboxInvocation { KubeConfigPath = "f", SeedFile = "-" }, input);
        options.Objects.ShouldHaveSingleItem()["metadata"]!["name"]!.GetValue<string>().ShouldBe("golden");
    }

    [Fact]
    public void A_seed_file_that_is_not_there_is_named()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Should.Throw<UsageException>(() => SandboxOptionsReader.Read(new SandboxInvocation { KubeConfigPath = "f", SeedFile = file }))
            .Message.ShouldStartWith($"--seed-file {file}: ");
    }

    [Fact]
    public void A_seed_that_is_no_list_of_VMs_is_refused()
    {
        using var input = new StringReader("golden");
        Should.Throw<SeedException>(() => SandboxOptionsReader.Read(new SandboxInvocation { KubeConfigPath = "f", SeedFile = "-" }, input));
    }

    [Fact]
    public void What_the_documentation_writes_for_a_fault_means_the_same_to_the_endpoint()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "KubeVirtClone.sln")))
            folder = folder.Parent;
        var format = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
        var rows = Regex.Matches(
            File.ReadAllText(Path.Combine(folder.FullName, "docs", "sandbox.md")), @"^\| `(?<option>[^`]+)` \| `(?<json>\{[^`]+\})` \|", RegexOptions.Multiline, TimeSpan.FromSeconds(1));

        foreach (Match row in rows)
            SandboxOptionsReader.ReadFault(row.Groups["option"].Value).ShouldBe(JsonSerializer.Deserialize<Fault>(row.Groups["json"].Value, format));

        rows.Count.ShouldBe(Enum.GetValues<FaultKind>().Length);
    }

    [Fact]
    public void A_fault_is_a_kind_with_keys()
    {
        var fault = SandboxOptionsReader.ReadFault(
            "too-many-requests,verb=create,resource=virtualmachineclones,namespace=lab,name=web-*,count=3,probability=0.5,retry-after=2,id=x");

        fault.ShouldBe(new Fault
        {
            Kind = FaultKind.TooManyRequests,
            Verb = "create",
            Resource = "virtualmachineclones",
            Namespace = "lab",
            Name = "web-*",
            Count = 3,
            Probability = 0.5,
            RetryAfterSeconds = 2,
            Id = "x",
        });
        SandboxOptionsReader.ReadFault("StorageSlow,latency=1m30s,storage-class=fast").Latency.ShouldBe(TimeSpan.FromSeconds(90));
        SandboxOptionsReader.ReadFault("cut-line,after-events=4").AfterEvents.ShouldBe(4);
    }

    [Theory]
    [InlineData("nonsense", "too-many-requests")]
    [InlineData("3", "no fault is called '3'")]
    [InlineData("hang,verb", "'verb' is not key=value")]
    [InlineData("hang,colour=red", "no key is called 'colour'")]
    [InlineData("latency,latency=soon", "'soon' is no value for latency")]
    [InlineData("hang,count=-1", "'-1' is not a whole number")]
    [InlineData("hang,probability=2", "'2' is no value for probability")]
    public void What_is_not_understood_is_refused_with_the_choices(string text, string says) =>
        Should.Throw<UsageException>(() => SandboxOptionsReader.ReadFault(text)).Message.ShouldContain(says);
}
