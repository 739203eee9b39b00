using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

public sealed class VerbTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Get_reads_one_object_and_says_who_asks()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Object("a", "7")));
        await using var client = server.Client();

        var item = await client.GetAsync(Sample.Thing, "ns", "a", None);

        (item.Kind, item.Name, item.Namespace, item.ResourceVersion, item.Uid).ShouldBe(("Thing", "a", "ns", "7", Sample.Uid("a")));
        var request = server.Requests.ShouldHaveSingleItem();
        (request.Method, request.Path).ShouldBe(("GET", "/apis/example.io/v1/namespaces/ns/things/a"));
        request.Headers["User-Agent"].ShouldMatch(@"^KubeVirtClone/\d+\.\d+\.\d+$");
        request.Headers["Accept-Encoding"].ShouldContain("gzip");
        request.Headers.ContainsKey("Authorization").ShouldBeFalse();
    }

    [Fact]
    public async Task A_path_in_the_server_url_goes_before_every_request()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Object("a")));
        await using var client = KubernetesClientFactory.Create(new() { Server = new Uri(server.Url, "/k8s/clusters/c-1/") });

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        server.Requests.ShouldHaveSingleItem().Path.ShouldBe("/k8s/clusters/c-1/apis/example.io/v1/namespaces/ns/things/a");
    }

    [Fact]
    public async Task Create_sends_body_and_options()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Object("a", "8"), 201));
        await using var client = server.Client();

        var made = await client.CreateAsync(
            Sample.Thing, "ns", Sample.Object("a"), new WriteOptions { DryRun = true, FieldManager = "me & you", FieldValidation = "Strict" }, None);

        made.ResourceVersion.ShouldBe("8");
        var request = server.Requests.ShouldHaveSingleItem();
        request.Method.ShouldBe("POST");
        request.Query.ShouldBe("?dryRun=All&fieldManager=me%20%26%20you&fieldValidation=Strict");
        request.Headers["Content-Type"].ShouldBe("application/json");
        JsonNode.DeepEquals(JsonNode.Parse(request.Body), Sample.Object("a")).ShouldBeTrue();
    }

    [Theory]
    [InlineData(PatchKind.Json, "application/json-patch+json", "")]
    [InlineData(PatchKind.Merge, "application/merge-patch+json", "")]
    [InlineData(PatchKind.StrategicMerge, "application/strategic-merge-patch+json", "")]
    [InlineData(PatchKind.Apply, "application/apply-patch+yaml", "?fieldManager=KubeVirtClone")]
    public async Task Patch_says_which_format_it_sends(PatchKind kind, string type, string query)
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Object("a")));
        await using var client = server.Client();

        await client.PatchAsync(Sample.Thing, "ns", "a", kind, new JsonObject { ["x"] = 1 }, null, None, subresource: "status");

        var request = server.Requests.ShouldHaveSingleItem();
        (request.Method, request.Path, request.Query).ShouldBe(("PATCH", "/apis/example.io/v1/namespaces/ns/things/a/status", query));
        request.Headers["Content-Type"].ShouldBe(type);
    }

    [Fact]
    public async Task Delete_returns_null_when_the_object_is_gone_at_once_and_the_object_while_it_waits()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(JsonNode.Parse(Sample.Recorded("delete", 0).GetProperty("body").GetRawText())!),
            Json(JsonNode.Parse(Sample.Recorded("delete", 1).GetProperty("body").GetRawText())!));
        await using var client = server.Client();
        var options = new DeleteOptions { PropagationPolicy = "Foreground", PreconditionUid = "u", GracePeriodSeconds = 0, DryRun = true };

        (await client.DeleteAsync(Sample.Thing, "ns", "c1", options, None)).ShouldBeNull();
        var waiting = (await client.DeleteAsync(Sample.Thing, "ns", "db-1", null, None)).ShouldNotBeNull();

        waiting.DeletionTimestamp.ShouldBe(new DateTimeOffset(2026, 11, 20, 9, 28, 45, TimeSpan.Zero));
        JsonNode.DeepEquals(
            JsonNode.Parse(server.Requests[0].Body),
            JsonNode.Parse("""
                {"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foreground","gracePeriodSeconds":0,"dryRun":["All"],"preconditions":{"uid":"u"}}
                """)).ShouldBeTrue();
    }

    [Fact]
    public async Task Send_reaches_subresources_that_answer_without_a_body()
    {
        await using var server = await ScriptedServer.StartAsync(Text("", "text/plain", 202));
        await using var client = server.Client();

        var answer = await client.SendAsync(HttpMethod.Put, "/apis/sub.example.io/v1/namespaces/ns/things/a/start", null, "*/*", None);

        (answer.StatusCode, answer.Body, answer.Json()).ShouldBe((202, "", null));
        var request = server.Requests.ShouldHaveSingleItem();
        (request.Method, request.Headers["Accept"], request.Body).ShouldBe(("PUT", "*/*", ""));
    }

    [Fact]
    public async Task Served_versions_come_preferred_first_and_are_asked_for_once()
    {
        var group = JsonNode.Parse("""
            {"kind":"APIGroup","name":"example.io","versions":[{"version":"v1alpha1"},{"version":"v1beta1"}],"preferredVersion":{"version":"v1beta1"}}
            """)!;
        await using var server = await ScriptedServer.StartAsync(Json(group));
        await using var client = server.Client();

        (await client.GetServedVersionsAsync("example.io", None)).ShouldBe(["v1beta1", "v1alpha1"]);
        (await client.GetServedVersionsAsync("example.io", None)).ShouldBe(["v1beta1", "v1alpha1"]);

        server.Requests.ShouldHaveSingleItem().Path.ShouldBe("/apis/example.io");
    }

    [Fact]
    public async Task A_recorded_group_answer_is_understood()
    {
        await using var server = await ScriptedServer.StartAsync(Json(JsonNode.Parse(Sample.Recorded("discovery", 3).GetProperty("body").GetRawText())!));
        await using var client = server.Client();

        (await client.GetServedVersionsAsync("clone", None)).ShouldBe(["v1beta1", "v1alpha1"]);
    }

    [Fact]
    public async Task A_group_that_is_not_served_has_no_versions_and_is_asked_for_again()
    {
        await using var server = await ScriptedServer.StartAsync(
            Text("404 page not found\n", "text/plain", 404), Json(JsonNode.Parse("""{"kind":"APIVersions","versions":["v1"]}""")!));
        await using var client = server.Client();

        (await client.GetServedVersionsAsync("", None)).ShouldBeEmpty();
        (await client.GetServedVersionsAsync("", None)).ShouldBe(["v1"]);
    }

    [Fact]
    public async Task Paths_are_escaped_and_need_what_they_need()
    {
        Sample.Pod.PathFor("a b", "x/y", "log").ShouldBe("/api/v1/namespaces/a%20b/pods/x%2Fy/log");
        Sample.Thing.PathFor(null).ShouldBe("/apis/example.io/v1/things");
        new ResourceKind("g", "v1", "cs", "C", Namespaced: false).PathFor("ns", "n").ShouldBe("/apis/g/v1/cs/n");
        Should.Throw<ArgumentException>(() => Sample.Thing.PathFor(null, "name"));
        Should.Throw<ArgumentException>(() => Sample.Thing.PathFor("ns", null, "status"));
        await Task.CompletedTask;
    }

    [Fact]
    public void An_object_is_read_without_surprises()
    {
        using var document = JsonDocument.Parse("""
            {"metadata":{"name":"p","creationTimestamp":"2026-01-02T03:04:05Z","labels":{"a":"b"},"annotations":null},"spec":{"x":{"y":null,"z":"t"}}}
            """);
        var item = new KubernetesObject(document.RootElement);

        item.CreationTimestamp.ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        item.DeletionTimestamp.ShouldBeNull();
        item.Namespace.ShouldBeNull();
        (item.Kind, item.Uid, item.ResourceVersion).ShouldBe(("", "", ""));
        item.Labels["a"].ShouldBe("b");
        item.Annotations.ShouldBeEmpty();
        item.At("spec", "x", "y").ShouldBeNull();
        item.At("spec", "x", "z", "deeper").ShouldBeNull();
        item.StringAt("spec", "x", "z").ShouldBe("t");
        item.StringAt("spec", "x").ShouldBeNull();
        Should.Throw<ArgumentException>(() => new KubernetesObject(document.RootElement.GetProperty("metadata").GetProperty("name")));

        var copy = item.ToJsonObject();
        copy["spec"]!["x"]!["z"] = "changed";
        item.StringAt("spec", "x", "z").ShouldBe("t");
    }
}
