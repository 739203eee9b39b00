using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Commands;
using KubeVirtClone.Cli.Output;
using KubeVirtClone.Engine.Model.Requests;

namespace KubeVirtClone.Cli.Tests.CommandLine;

public sealed class ParseTests
{
    [Theory]
    [InlineData("-v", "get", "--v=1 get")]
    [InlineData("-v", "6", "--v=6")]
    [InlineData("-v=8", "get", "--v=8 get")]
    [InlineData("-v8", "get", "--v=8 get")]
    [InlineData("--verbose", "golden", "--v=1 golden")]
    [InlineData("--label-filter=", "golden", "--label-filter  golden")]
    [InlineData("--", "-v", "-- -v")]
    [InlineData("--vms", "3", "--vms 3")]
    public void Spellings_are_made_one(string first, string second, string expected) =>
        string.Join(' ', ArgumentNormalizer.Normalize([first, second])).ShouldBe(expected);

    [Theory]
    [InlineData("get -n lab -o yaml")]
    [InlineData("get -nlab -oyaml")]
    [InlineData("-n lab get --output=yaml")]
    [InlineData("get --namespace=lab --output yaml web-1")]
    public async Task Options_stand_where_kubectl_takes_them(string line)
    {
        var (code, parsed) = await ParseAsync(line.Split(' '));

        code.ShouldBe(ExitCode.Success);
        parsed.GetValue<string>("--namespace").ShouldBe("lab");
        parsed.GetValue<OutputFormat>("--output").ShouldBe(OutputFormat.Yaml);
    }

    [Fact]
    public async Task Whom_to_act_as_is_said_as_to_kubectl()
    {
        var (code, parsed) = await ParseAsync(["get", "--as", "ann", "--as-group", "devs", "--as-group=a,b", "--as-uid", "7"]);

        code.ShouldBe(ExitCode.Success);
        parsed.GetValue<string>("--as").ShouldBe("ann");
        parsed.GetValue<string[]>("--as-group").ShouldBe(["devs", "a,b"]);
        parsed.GetValue<string>("--as-uid").ShouldBe("7");
    }

    [Fact]
    public async Task New_takes_what_virtctl_and_kubectl_users_type()
    {
        var invocation = await BindNewAsync(
            "new", "vm/golden", "web-1", "--label-filter", "*", "--label-filter", "!role", "--annotation-filter=", "--new-mac-address",
            "default:02:00:00:00:00:01", "--new-smbios-serial", "a:b,c", "--patch", """{"op":"add","path":"/x","value":"a:b"}""", "--timeout=5m", "--for",
            "bound", "-v", "--throttle-limit", "4", "--dry-run=server", "-o", "name");

        invocation.Names.ShouldBe(["vm/golden", "web-1"]);
        var wishes = Wishes(invocation);
        wishes.LabelFilter.ShouldBe(["*", "!role"]);
        wishes.AnnotationFilter.ShouldBe([""]);
        wishes.TemplateLabelFilter.ShouldBeNull();
        wishes.MacAddresses!["default"].ShouldBe("02:00:00:00:00:01");
        wishes.SmbiosSerial.ShouldBe("a:b,c");
        wishes.Patches.ShouldBe(["""{"op":"add","path":"/x","value":"a:b"}"""]);
        invocation.Timeout.ShouldBe(TimeSpan.FromMinutes(5));
        invocation.For.ShouldBe(WaitState.Bound);
        invocation.Wait.ShouldBeTrue();
        invocation.ThrottleLimit.ShouldBe(4);
        invocation.DryRun.ShouldBe(DryRunMode.Server);
        invocation.Output.ShouldBe(OutputFormat.Name);
    }

    [Fact]
    public async Task New_takes_what_the_new_machine_is_to_be()
    {
        var invocation = await BindNewAsync(
            "new", "--golden-image", "ubuntu:24.04", "web-1", "--method", "Restore", "--no-shared-snapshot", "--purge-on-success", "--hostname", "web",
            "--label", "a=b", "--label", "c=d=e", "--annotation", "x=", "--run-strategy", "Manual", "--start", "--generate-mac-addresses",
            "--exclude-label", "app*", "--network-preset", "kubeovn", "--without", "labels,network", "--without", "disks", "--cloud-init-secret", "s");

        invocation.GoldenImage.ShouldBe("ubuntu:24.04");
        var wishes = Wishes(invocation);
        invocation.Method.ShouldBe(CloneMethodChoice.Restore);
        wishes.TargetLabels.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "b", ["c"] = "d=e" });
        wishes.TargetAnnotations!["x"].ShouldBeEmpty();
        wishes.ExcludeLabels.ShouldBe(["app*"]);
        wishes.ExcludeAnnotations.ShouldBeNull();
        wishes.NetworkPreset.ShouldBe(NetworkPreset.KubeOvn);
        wishes.Without.ShouldBe(CloneOmissions.Labels | CloneOmissions.Network | CloneOmissions.Disks);
        invocation.Wait.ShouldBeTrue();
        invocation.NoSharedSnapshot.ShouldBeTrue();
        wishes.Start.ShouldBeTrue();
        wishes.GenerateMacAddresses.ShouldBeTrue();
        wishes.CloudInitSecret.ShouldBe("s");
    }

    [Fact]
    public async Task New_does_not_wait_unless_asked_to()
    {
        (await BindNewAsync("new", "golden")).Wait.ShouldBeFalse();
        (await BindNewAsync("new", "golden", "--wait")).Wait.ShouldBeTrue();
        (await BindNewAsync("new", "golden", "--for", "condition=Ready")).Wait.ShouldBeTrue();
    }

    [Theory]
    [InlineData("get -o xml", "-o xml: choose one of table, wide, json, yaml, name")]
    [InlineData("wait x --timeout soon", "--timeout soon")]
    [InlineData("wait x --for never", "--for never")]
    [InlineData("new a --count 0", "--count 0")]
    [InlineData("new a --dry-run maybe", "--dry-run maybe")]
    [InlineData("new a --method magic", "choose one of auto, clone, restore")]
    [InlineData("new a --without labels,teeth", "Without cannot be 'teeth'")]
    [InlineData("new a --label nonsense", "key=value")]
    [InlineData("new a --new-mac-address 02-00-00-00-00-01", "INTERFACE:MAC")]
    [InlineData("new a --new-mac-address a:1 --new-mac-address a:2", "twice")]
    [InlineData("stop a --grace-period soon", "--grace-period soon")]
    [InlineData("start a --dry-run=client", "--dry-run client")]
    [InlineData("snapshot frobnicate", "frobnicate")]
    [InlineData("image new golden", "Required argument 'name' missing")]
    [InlineData("report", "Required argument 'FILE' missing")]
    [InlineData("get --versoin", "unknown option --versoin")]
    [InlineData("image copy img --destination team-b", "unknown option --destination")]
    [InlineData("image new golden --bogus", "unknown option --bogus")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("sandbox --kubeconfig f --port 70000", "--port 70000")]
    [InlineData("sandbox --kubeconfig f --clock-factor 0", "--clock-factor 0")]
    [InlineData("sandbox", "--kubeconfig")]
    public async Task What_is_not_understood_ends_with_2_and_says_where_help_is(string line, string says)
    {
        using var console = new TestConsole();

        (await console.RunAsync(line.Split(' '))).ShouldBe(ExitCode.Usage);

        console.Error.ShouldContain(says);
        console.Error.ShouldContain("--help'");
        console.Output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("wait", "say which clones")]
    [InlineData("wait x --all", "not both")]
    [InlineData("remove", "say which clones")]
    [InlineData("remove --all x", "not both")]
    [InlineData("remove pod/x", "does not name a clone")]
    [InlineData("new", "say what to clone")]
    [InlineData("new a --image-version 2", "--image-version needs --golden-image")]
    [InlineData("new --golden-image x --source-name y z", "--golden-image is the source")]
    [InlineData("new --golden-image x: y", "does not name an image")]
    [InlineData("new a b --hostname h{9}", "not a pattern")]
    [InlineData("new a --cloud-init-secret {2}", "none is given")]
    [InlineData("test", "say what to clone")]
    [InlineData("debug", "say which clones")]
    [InlineData("compare", "say which clones")]
    [InlineData("measure x --all", "not both")]
    [InlineData("start", "say which VMs")]
    [InlineData("stop pod/x", "does not name a virtual machine")]
    [InlineData("snapshot new", "say which VMs")]
    [InlineData("snapshot new a b --name c", "--name is for one VM")]
    [InlineData("snapshot remove", "say which snapshots")]
    [InlineData("image remove", "say which images")]
    [InlineData("image remove x:1 --keep-version 2", "--keep-version is for images by NAME")]
    public async Task A_command_that_names_nothing_ends_with_2(string line, string says)
    {
        using var console = new TestConsole();
        var kubeConfig = Path.Combine(AppContext.BaseDirectory, "no-such-kubeconfig");

        (await console.RunAsync([.. line.Split(' '), "--kubeconfig", kubeConfig])).ShouldBe(ExitCode.Usage);

        console.Error.ShouldContain(says);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    public async Task Help_names_every_command_and_calls_itself_kubectl_vmclone(string argument)
    {
        using var console = new TestConsole();

        (await console.RunAsync(argument.Length == 0 ? [] : [argument])).ShouldBe(ExitCode.Success);

        foreach (var command in new[] { "new", "get", "wait", "remove", "test", "debug", "compare", "measure", "report", "snapshot", "image", "start", "stop", "sandbox" })
            console.Output.ShouldContain(command);
        console.Output.ShouldContain("kubectl vmclone [command]");
    }

    [Fact]
    public async Task Help_of_a_command_ends_with_examples_that_parse()
    {
        HelpExamples.Lines.Count().ShouldBeGreaterThan(20);
        foreach (var line in HelpExamples.Lines)
        {
            // What a shell makes of it: blanks part words, single quotes hold them together.
            var words = System.Text.RegularExpressions.Regex.Matches(line, "(?:'[^']*'|[^ '])+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1))
                .Select(m => m.Value.Replace("'", "", StringComparison.Ordinal)).ToArray();
            words[..2].ShouldBe(["kubectl", "vmclone"]);
            var (code, parsed) = await ParseAsync(words[2..]);
            code.ShouldBe(ExitCode.Success, $"{line}: {string.Join("; ", parsed.Errors.Select(e => e.Message))}");
        }

        using var console = new TestConsole();
        (await console.RunAsync("image", "new", "--help")).ShouldBe(ExitCode.Success);
        console.Output.ShouldContain("Examples:");
        console.Output.ShouldContain("kubectl vmclone image new build01 ubuntu-24.04 --stop-source --remove-source");
    }

    [Theory]
    [InlineData("get --request-timeout 10s", 10)]
    [InlineData("--request-timeout=2m get", 120)]
    [InlineData("get --request-timeout=0", 0)]
    public async Task Request_timeout_is_taken_as_kubectl_takes_it(string line, int seconds)
    {
        var (code, parsed) = await ParseAsync(line.Split(' '));

        code.ShouldBe(ExitCode.Success);
        parsed.GetValue<TimeSpan?>("--request-timeout").ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    private static async Task<(int Code, System.CommandLine.ParseResult Parsed)> ParseAsync(string[] arguments)
    {
        using var console = new TestConsole();
        using var interruption = new Interruption(_ => { });
        var parsed = Program.Parse(arguments, console.Cli, interruption);
        await Task.CompletedTask;
        return (parsed.Errors.Count == 0 ? ExitCode.Success : ExitCode.Usage, parsed);
    }

    private static CloneRequest Wishes(NewInvocation invocation) => new() { Namespace = "", SourceName = "", Wishes = invocation.Wishes };

    private static async Task<NewInvocation> BindNewAsync(params string[] arguments)
    {
        using var console = new TestConsole();
        using var interruption = new Interruption(_ => { });
        var command = new NewCommand();
        var root = new System.CommandLine.RootCommand();
        var globals = new GlobalOptions();
        globals.AddTo(root);
        root.Subcommands.Add(command.Build(globals, new CommandRunner(console.Cli, interruption)));
        var parsed = root.Parse(ArgumentNormalizer.Normalize(arguments));
        parsed.Errors.ShouldBeEmpty();
        await Task.CompletedTask;
        return command.Bind(parsed);
    }
}
