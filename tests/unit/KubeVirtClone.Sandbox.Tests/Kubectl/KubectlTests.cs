using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Kubectl;

/// <summary>Unmodified kubectl against a sandbox.</summary>
public sealed class KubectlTests(KubectlFixture fixture) : IClassFixture<KubectlFixture>
{
    [Fact]
    public async Task Api_resources_lists_short_names_and_kinds()
    {
        var text = await Succeeds("api-resources");

        text.ShouldMatch(@"virtualmachineclones\s+vmclone,vmclones\s+clone.kubevirt.io/v1beta1\s+true\s+VirtualMachineClone");
        text.ShouldMatch(@"virtualmachines\s+vm,vms\s+kubevirt.io/v1\s+true\s+VirtualMachine\n");
        text.ShouldMatch(@"storageclasses\s+sc\s+storage.k8s.io/v1\s+false\s+StorageClass");
    }

    [Fact]
    public async Task Faults_are_switched_on_and_off()
    {
        await Succeeds("create --raw /sandbox/faults -f -", """{"kind":"ServiceUnavailable","id":"kubectl","resource":"resourcequotas","name":"struck"}""");
        (await Succeeds("get --raw /sandbox/faults")).ShouldContain("\"id\":\"kubectl\"");
        (await fixture.Run("get quota struck")).Errors.ShouldContain("(ServiceUnavailable)");
        await Succeeds("delete --raw /sandbox/faults/kubectl");
        (await Succeeds("get --raw /sandbox/faults")).ShouldBe("[]");
    }

    [Fact]
    public async Task Explain_describes_fields()
    {
        var clone = await Succeeds("explain vmclone.spec");
        var snapshot = await Succeeds("explain vmsnapshot.spec.failureDeadline");
        var old = await Succeeds("explain vmclone.spec --output plaintext-openapiv2");

        clone.ShouldContain("source\t<Object> -required-");
        clone.ShouldContain("newMacAddresses\t<map[string]string>");
        snapshot.ShouldContain("failureDeadline <string>");
        old.ShouldContain("patches\t<[]string>");
    }

    [Fact]
    public async Task Apply_twice_changes_nothing_the_second_time()
    {
        var manifest = "---\n" + Machine("apply") + "\n---\n" + """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"apply"},"data":{"a":"1"}}""";

        (await Succeeds("apply -f -", manifest)).ShouldBe("virtualmachine.kubevirt.io/apply created\nconfigmap/apply created\n");
        (await Succeeds("apply -f -", manifest)).ShouldBe("virtualmachine.kubevirt.io/apply unchanged\nconfigmap/apply unchanged\n");
        (await Succeeds("apply -f -", manifest.Replace("\"a\":\"1\"", "\"a\":\"2\""))).ShouldContain("configmap/apply configured");
        (await Succeeds("get cm apply -o jsonpath={.data.a}")).ShouldBe("2");
    }

    [Fact]
    public async Task Server_side_apply_merges_and_reports_conflicts()
    {
        const string map = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"ssa"},"data":{"KEY":"VALUE"}}""";
        await Succeeds("apply --server-side --field-manager=one -f -", map.Replace("KEY", "a").Replace("VALUE", "1"));
        await Succeeds("apply --server-side --field-manager=two -f -", map.Replace("KEY", "b").Replace("VALUE", "2"));

        var refused = await fixture.Run("apply --server-side --field-manager=two -f -", map.Replace("KEY", "a").Replace("VALUE", "9"));

        refused.ExitCode.ShouldBe(1);
        refused.Errors.ShouldContain("conflict with \"one\": .data.a");
        (await Succeeds("get cm ssa -o jsonpath={.data}")).ShouldBe("""{"a":"1","b":"2"}""");
    }

    [Fact]
    public async Task Unknown_fields_are_refused_as_a_server_refuses_them()
    {
        var result = await fixture.Run("create -f -", Clone("strict").Replace("\"spec\":{", "\"spec\":{\"nonsense\":1,"));

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldContain("strict decoding error: unknown field \"spec.nonsense\"");
    }

    [Fact]
    public async Task Tables_labels_patches_and_deletion_work()
    {
        await Succeeds("create -f -", Machine("table"));

        (await Succeeds("get vm table")).ShouldMatch(@"^NAME\s+AGE\s+STATUS\s+READY\ntable\s+\d+s");
        (await Succeeds("get vm table -o wide")).ShouldMatch(@"^NAME\s+AGE\s+STATUS\s+READY\ntable\s+\d+s");
        (await Succeeds("get vm table -o name")).ShouldBe("virtualmachine.kubevirt.io/table\n");
        (await Succeeds("get vm table -o yaml")).ShouldContain("kind: VirtualMachine\n");
        (await Succeeds("label vm table tier=web")).ShouldBe("virtualmachine.kubevirt.io/table labeled\n");
        (await Succeeds("annotate vm table note=x")).ShouldBe("virtualmachine.kubevirt.io/table annotated\n");
        (await Succeeds("patch vm table --type json -p [{\"op\":\"add\",\"path\":\"/metadata/labels/j\",\"value\":\"1\"}]")).ShouldContain("patched");
        (await Succeeds("get vm -l tier=web,j=1 -o name")).ShouldBe("virtualmachine.kubevirt.io/table\n");
        (await Succeeds("get vm --field-selector metadata.name=table -o name")).ShouldBe("virtualmachine.kubevirt.io/table\n");
        (await Succeeds("delete vm table --wait=false")).ShouldContain("deleted");
    }

    [Fact]
    public async Task Get_watch_prints_a_row_for_each_change()
    {
        await Succeeds("create ns watched");
        await Succeeds("create -n watched cm a");
        using var watch = fixture.Start("get cm -n watched -w --output-watch-events".Split(' '));
        var output = watch.StandardOutput;
        (await Line(output)).ShouldMatch(@"^EVENT\s+NAME\s+DATA\s+AGE");
        (await Line(output)).ShouldMatch(@"^ADDED\s+a\s+0");

        await Succeeds("patch -n watched cm a --type merge -p {\"data\":{\"k\":\"v\"}}");
        (await Line(output)).ShouldMatch(@"^MODIFIED\s+a\s+1");
        await Succeeds("delete -n watched cm a");
        (await Line(output)).ShouldMatch(@"^DELETED\s+a\s+1");
        watch.Kill();
    }

    [Fact]
    public async Task Wait_sees_a_condition_and_a_deletion()
    {
        await Succeeds("create ns waiting");
        await Succeeds("create -n waiting cm a --from-literal=state=begun");
        using var condition = fixture.Start("wait -n waiting cm/a --for=jsonpath={.data.state}=done --timeout=20s".Split(' '));
        await Succeeds("patch -n waiting cm a --type merge -p {\"data\":{\"state\":\"done\"}}");
        await condition.WaitForExitAsync(TestContext.Current.CancellationToken);
        condition.ExitCode.ShouldBe(0);

        using var deletion = fixture.Start("wait -n waiting cm/a --for=delete --timeout=20s".Split(' '));
        await Succeeds("delete -n waiting cm a");
        await deletion.WaitForExitAsync(TestContext.Current.CancellationToken);
        deletion.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Describe_shows_the_events_of_an_object()
    {
        await Succeeds("create ns described");
        await Succeeds("create -n described cm thing");
        var uid = await Succeeds("get -n described cm thing -o jsonpath={.metadata.uid}");
        await Succeeds("create -f -", $$$"""
            {"apiVersion":"v1","kind":"Event","metadata":{"name":"thing.1","namespace":"described"},"type":"Normal","reason":"Looked","message":"was looked at",
             "count":1,"firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:00:00Z","source":{"component":"test"},
             "involvedObject":{"apiVersion":"v1","kind":"ConfigMap","name":"thing","namespace":"described","uid":"{{{uid}}}"}}
            """);

        (await Succeeds("describe -n described cm thing")).ShouldMatch(@"Normal\s+Looked\s+\S+\s+test\s+was looked at");
        (await Succeeds("get -n described events")).ShouldMatch(@"Normal\s+Looked\s+configmap/thing\s+was looked at");
        (await Succeeds("events -n described")).ShouldContain("was looked at");
    }

    [Fact]
    public async Task A_namespace_goes_with_everything_in_it()
    {
        await Succeeds("create ns going");
        await Succeeds("create -n going cm a");
        await Succeeds("create -n going secret generic s --from-literal=p=q");

        (await Succeeds("get -n going secret s -o jsonpath={.data.p}")).ShouldBe("cQ==");
        (await Succeeds("delete ns going --timeout=20s")).ShouldContain("deleted");
        (await fixture.Run("get ns going")).Errors.ShouldContain("namespaces \"going\" not found");
    }

    [Fact]
    public async Task Contexts_are_people_with_different_rights()
    {
        (await Succeeds("auth whoami -o jsonpath={.status.userInfo.username}")).ShouldBe("admin");
        (await Succeeds("--context admin-cert@sandbox get vm -A -o name")).ShouldNotBeNull();
        (await fixture.Run("--context viewer@sandbox auth can-i create vmclones")).Output.ShouldBe("no\n");
        (await Succeeds("--context viewer@sandbox get vmclone")).ShouldBe("");
        (await fixture.Run("--context nobody@sandbox get vmclone")).Errors.ShouldContain(
            "virtualmachineclones.clone.kubevirt.io is forbidden: User \"nobody\" cannot list resource \"virtualmachineclones\" in API group \"clone.kubevirt.io\" in the namespace \"default\"");
        (await fixture.Run("--context expired@sandbox get vmclone")).Errors.ShouldContain("You must be logged in to the server");
    }

    [Fact]
    public async Task Foreground_deletion_waits_for_dependents_and_orphaning_keeps_them()
    {
        await Succeeds("create ns owners");
        foreach (var owner in (string[])["one", "two"])
        {
            await Succeeds($"create -n owners cm {owner}");
            var uid = await Succeeds($"get -n owners cm {owner} -o jsonpath={{.metadata.uid}}");
            await Succeeds("create -f -", $$$"""
                {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"of-{{{owner}}}","namespace":"owners",
                 "ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"{{{owner}}}","uid":"{{{uid}}}","blockOwnerDeletion":true}]}}
                """);
        }

        await Succeeds("delete -n owners cm one --cascade=foreground --timeout=20s");
        await Succeeds("delete -n owners cm two --cascade=orphan --timeout=20s");

        (await Succeeds("get -n owners cm -o name")).ShouldBe("configmap/of-two\n");
        (await Succeeds("get -n owners cm of-two -o jsonpath={.metadata.ownerReferences}")).ShouldBe("");
    }

    [Fact]
    public async Task Versions_are_the_profiles()
    {
        var version = (JsonObject)JsonNode.Parse(await Succeeds("version -o json"))!;
        var kubeVirt = await Succeeds("get kubevirt -n kubevirt kubevirt -o jsonpath={.status.observedKubeVirtVersion}");

        version.TextAt("serverVersion", "gitVersion").ShouldBe("v1.36.2");
        kubeVirt.ShouldBe("v1.9.0");
        (await Succeeds("get --raw /apis/subresources.kubevirt.io/v1/version")).ShouldContain("\"gitVersion\":\"v1.9.0\"");
        (await Succeeds("get --raw /readyz")).ShouldBe("ok");
    }

    private static async Task<string> Line(StreamReader output)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        return await output.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException("kubectl ended");
    }

    private async Task<string> Succeeds(string arguments, string? input = null)
    {
        var result = await fixture.Run(arguments, input);
        result.ExitCode.ShouldBe(0, $"kubectl {arguments}: {result.Errors}");
        return result.Output;
    }

    private static string Machine(string name) =>
        """{"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"NAME","labels":{"app":"test"}},"spec":{"runStrategy":"Halted","template":{"metadata":{"labels":{"a":"b"}},"spec":{"domain":{"devices":{"disks":[{"name":"root","disk":{"bus":"virtio"}}]},"memory":{"guest":"128Mi"}},"volumes":[{"name":"root","containerDisk":{"image":"quay.io/x/y:z"}}]}}}}""".Replace("NAME", name);

    private static string Clone(string name) =>
        """{"apiVersion":"clone.kubevirt.io/v1beta1","kind":"VirtualMachineClone","metadata":{"name":"NAME"},"spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"src"},"target":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"dst"}}}""".Replace("NAME", name);
}
