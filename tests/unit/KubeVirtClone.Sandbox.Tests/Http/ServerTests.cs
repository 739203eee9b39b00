using System.Net;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Http;

public sealed class ServerTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Clones = "/apis/clone.kubevirt.io/v1beta1/namespaces/default/virtualmachineclones";

    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.Start(users:
    [
        new SandboxUser
        {
            Name = "mary",
            Token = "mary-token",
            Rules = [new PolicyRule { Verbs = ["get", "create"], ApiGroups = [""], Resources = ["configmaps"], Namespaces = ["default"] }],
        },
    ]);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Pages_show_one_moment_even_when_objects_change_between_them()
    {
        foreach (var name in (string[])["a", "b", "c", "d"])
            await Create(name);
        var first = (await _server.Send("GET", Maps + "?limit=2")).Body!;
        await _server.Send("DELETE", Maps + "/c");
        await Create("e");

        var token = first.TextAt("metadata", "continue");
        var second = (await _server.Send("GET", $"{Maps}?limit=5&continue={token}")).Body!;

        first["metadata"]!["remainingItemCount"]!.GetValue<int>().ShouldBe(2);
        Names(second).ShouldBe(["c", "d"]);
        second.TextAt("metadata", "resourceVersion").ShouldBe(first.TextAt("metadata", "resourceVersion"));
    }

    [Fact]
    public async Task A_continue_token_expires_and_offers_the_rest_as_it_is_now()
    {
        foreach (var name in (string[])["a", "b", "c"])
            await Create(name);
        var first = (await _server.Send("GET", Maps + "?limit=1")).Body!;
        await _server.Send("DELETE", Maps + "/b");
        _server.Api.Compact(_server.Api.ResourceVersion);

        var (expired, status) = await _server.Send("GET", $"{Maps}?limit=1&continue={first.TextAt("metadata", "continue")}");
        var rest = (await _server.Send("GET", $"{Maps}?continue={status.TextAt("metadata", "continue")}")).Body!;

        expired.StatusCode.ShouldBe(HttpStatusCode.Gone);
        status.TextAt("reason").ShouldBe("Expired");
        Names(rest).ShouldBe(["c"]);
    }

    [Fact]
    public async Task Rules_given_with_a_user_hold_in_their_namespace_only()
    {
        _server.Namespace("other");
        var mary = _server.Client(token: "mary-token");

        (await Create("a", mary)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await _server.Send("GET", Maps + "/a", client: mary)).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _server.Send("GET", Maps, client: mary)).Response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _server.Send("GET", "/api/v1/namespaces/other/configmaps/a", client: mary)).Response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await _server.Send("GET", "/apis", client: mary)).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _server.Send("GET", "/apis", client: _server.Client())).Response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Bindings_made_while_it_runs_count_at_once()
    {
        var mary = _server.Client(token: "mary-token");
        (await _server.Send("GET", Clones, client: mary)).Response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        var (bound, _) = await _server.Send("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"mary:view"},
             "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"kubevirt.io:view"},
             "subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"mary"}]}
            """);

        bound.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await _server.Send("GET", Clones, client: mary)).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    // A client that knows only the older form takes an answer of another type for none at all: kubectl 1.27 then finds no resource.
    [Theory]
    [InlineData("v2")]
    [InlineData("v2beta1")]
    public async Task Aggregated_discovery_is_of_the_version_asked_for(string version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/apis");
        var type = $"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList";
        request.Headers.TryAddWithoutValidation("Accept", type + ",application/json");
        using var answer = await _server.Admin.SendAsync(request, TestContext.Current.CancellationToken);

        answer.Content.Headers.GetValues("Content-Type").Single().Replace(" ", "", StringComparison.Ordinal).ShouldBe(type);
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        body!["apiVersion"]!.GetValue<string>().ShouldBe("apidiscovery.k8s.io/" + version);
    }

    [Fact]
    public async Task Both_versions_are_views_of_one_object()
    {
        await _server.Send("POST", Clones, Clone("x", "v1beta1"));

        var old = (await _server.Send("GET", Clones.Replace("v1beta1", "v1alpha1") + "/x")).Body;
        var mismatch = (await _server.Send("POST", Clones, Clone("y", "v1alpha1"))).Body;

        old.TextAt("apiVersion").ShouldBe("clone.kubevirt.io/v1alpha1");
        mismatch.TextAt("message").ShouldBe(
            "the API version in the data (clone.kubevirt.io/v1alpha1) does not match the expected API version (clone.kubevirt.io/v1beta1)");
    }

    [Fact]
    public async Task Duplicate_fields_are_warned_of_or_refused()
    {
        var body = Clone("x", "v1beta1").Replace("\"kind\":\"VirtualMachine\",", "\"kind\":\"Other\",\"kind\":\"VirtualMachine\",");

        var (lenient, _) = await _server.Send("POST", Clones, body);
        var (_, refusal) = await _server.Send("POST", Clones + "?fieldValidation=Strict", body);

        lenient.StatusCode.ShouldBe(HttpStatusCode.Created);
        lenient.Headers.GetValues("Warning").ShouldBe(["299 - \"duplicate field \\\"spec.source.kind\\\"\""]);
        refusal.TextAt("message")!.ShouldEndWith("strict decoding error: duplicate field \"spec.source.kind\"");
    }

    [Fact]
    public async Task Deletion_preconditions_are_kept()
    {
        await Create("a");

        var (refused, status) = await _server.Send("DELETE", Maps + "/a", """{"preconditions":{"uid":"x"}}""");

        refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        status.TextAt("message")!.ShouldContain("Precondition failed: UID in precondition: x");
        (await _server.Send("DELETE", Maps + "/a", """{"dryRun":["All"]}""")).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _server.Send("GET", Maps + "/a")).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("application/json", 200)]
    [InlineData("*/*", 200)]
    [InlineData("application/vnd.kubernetes.protobuf,application/json", 200)]
    [InlineData("application/vnd.kubernetes.protobuf", 406)]
    [InlineData("text/html", 406)]
    public async Task Only_json_is_spoken(string accept, int code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Maps);
        request.Headers.TryAddWithoutValidation("Accept", accept);

        using var response = await _server.Admin.SendAsync(request, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(code);
    }

    [Fact]
    public async Task Yaml_bodies_are_read()
    {
        const string yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  number: \"1\"\n  text: plain\n";

        var (made, _) = await _server.Send("POST", Maps, yaml, "application/yaml");
        var (applied, body) = await _server.Send(
            "PATCH", Maps + "/y?fieldManager=me", yaml.Replace("plain", "other"), "application/apply-patch+yaml");

        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        applied.StatusCode.ShouldBe(HttpStatusCode.OK);
        body.TextAt("data", "text").ShouldBe("other");
        body.TextAt("data", "number").ShouldBe("1");
    }

    [Fact]
    public async Task Long_lists_are_compressed_for_those_who_ask_and_whole_for_all()
    {
        var filler = new string('x', 2000);
        for (var i = 0; i < 200; i++)
        {
            _server.Api.Create(
                _server.Api.Type("", "configmaps"),
                "default",
                new JsonObject { ["metadata"] = new JsonObject { ["name"] = $"m-{i:d3}" }, ["data"] = new JsonObject { ["f"] = filler } },
                RequestInfo.Controller("test"));
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, Maps);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        using var response = await _server.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        await using var plain = new System.IO.Compression.GZipStream(
            await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), System.IO.Compression.CompressionMode.Decompress);
        var compressed = await JsonNode.ParseAsync(plain, cancellationToken: TestContext.Current.CancellationToken);
        var whole = (await _server.Send("GET", Maps)).Body;

        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        JsonNode.DeepEquals(compressed, whole).ShouldBeTrue();
        Names(whole!).Count.ShouldBe(200);
    }

    private static List<string?> Names(JsonNode list) => [.. list["items"]!.AsArray().Select(i => i.TextAt("metadata", "name"))];

    private static string Clone(string name, string version) =>
        """{"apiVersion":"clone.kubevirt.io/VERSION","kind":"VirtualMachineClone","metadata":{"name":"NAME"},"spec":{"source":{"apiGroup":"kubevirt.io","kind":"VirtualMachine","name":"src"}}}"""
            .Replace("VERSION", version).Replace("NAME", name);

    private async Task<HttpResponseMessage> Create(string name, HttpClient? client = null) => (await _server.Send(
        "POST", Maps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"NAME"}}""".Replace("NAME", name), client: client)).Response;
}
