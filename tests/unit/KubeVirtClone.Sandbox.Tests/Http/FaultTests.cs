using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using KubeVirtClone.Sandbox.Machinery;

namespace KubeVirtClone.Sandbox.Tests.Http;

public sealed class FaultTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";

    private TestServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TestServer.Start(users: [new SandboxUser { Name = "mary", Token = "mary-token" }]);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(FaultKind.Conflict, 409, "Conflict")]
    [InlineData(FaultKind.Gone, 410, "Expired")]
    [InlineData(FaultKind.TooManyRequests, 429, "TooManyRequests")]
    [InlineData(FaultKind.InternalError, 500, "InternalError")]
    [InlineData(FaultKind.ServiceUnavailable, 503, "ServiceUnavailable")]
    [InlineData(FaultKind.Unauthorized, 401, "Unauthorized")]
    public async Task A_refusal_strikes_as_often_as_told_and_commits_nothing(FaultKind kind, int code, string reason)
    {
        _server.Faults.Add(new Fault { Kind = kind, Verb = "create", Resource = "configmaps", Name = "a", Count = 1 });

        var (first, status) = await Create("a");
        var (other, _) = await Create("b");
        var (second, _) = await Create("a");

        ((int)first.StatusCode).ShouldBe(code);
        status.TextAt("reason").ShouldBe(reason);
        other.StatusCode.ShouldBe(HttpStatusCode.Created);
        second.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Retry_after_is_sent()
    {
        _server.Faults.Add(new Fault { Kind = FaultKind.TooManyRequests, RetryAfterSeconds = 7 });

        var (response, status) = await Create("a");

        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(7));
        status!["details"]!["retryAfterSeconds"]!.GetValue<int>().ShouldBe(7);
    }

    [Fact]
    public async Task A_lost_answer_leaves_what_was_committed()
    {
        _server.Faults.Add(new Fault { Kind = FaultKind.AnswerLost, Verb = "create", Count = 1 });

        await Should.ThrowAsync<HttpRequestException>(() => Create("a"));

        var (second, _) = await Create("a");
        second.StatusCode.ShouldBe(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_cut_line_breaks_in_the_middle_of_the_answer()
    {
        await Create("a");
        _server.Faults.Add(new Fault { Kind = FaultKind.CutLine, Verb = "get", Count = 1 });

        await Should.ThrowAsync<HttpRequestException>(() => _server.Send("GET", Maps + "/a"));

        (await _server.Send("GET", Maps + "/a")).Response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Half_a_watch_line_arrives_and_then_the_connection_breaks()
    {
        _server.Faults.Add(new Fault { Kind = FaultKind.HalfWatchLine, AfterEvents = 1, Count = 1 });
        using var response = await _server.Admin.GetAsync(Maps + "?watch=1&resourceVersion=0", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await Create("a");
        await Create("b");

        var received = new MemoryStream();
        await Should.ThrowAsync<IOException>(() => body.CopyToAsync(received, TestContext.Current.CancellationToken));
        var lines = System.Text.Encoding.UTF8.GetString(received.ToArray()).Split('\n');
        lines.Length.ShouldBe(2);
        JsonNode.Parse(lines[0]).TextAt("object", "metadata", "name").ShouldBe("a");
        lines[1].ShouldStartWith("""{"type":"ADDED","object":""");
        Should.Throw<System.Text.Json.JsonException>(() => JsonNode.Parse(lines[1]));
    }

    [Fact]
    public async Task A_hang_answers_nothing_until_the_client_gives_up()
    {
        _server.Faults.Add(new Fault { Kind = FaultKind.Hang, Verb = "list" });
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Should.ThrowAsync<OperationCanceledException>(() => _server.Admin.GetAsync(Maps, patience.Token));
    }

    [Fact]
    public async Task Latency_delays_an_honest_answer()
    {
        _server.Faults.Add(new Fault { Kind = FaultKind.Latency, Latency = TimeSpan.FromMilliseconds(300) });
        var clock = Stopwatch.StartNew();

        var (response, _) = await Create("a");

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        clock.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(290));
    }

    [Fact]
    public async Task A_gone_watch_gets_an_error_event()
    {
        _server.Faults.Add(new Fault { Kind = FaultKind.Gone, Verb = "watch", Count = 1 });
        await using var watch = await WatchStream.Open(_server.Admin, Maps + "?watch=1&resourceVersion=5");

        var lines = await watch.ReadToEnd();

        lines.Count.ShouldBe(1);
        lines[0]["object"]!["code"]!.GetValue<int>().ShouldBe(410);
    }

    [Fact]
    public async Task Admins_change_faults_while_the_server_runs()
    {
        var (added, list) = await _server.Send("POST", "/sandbox/faults", """{"kind":"ServiceUnavailable","verb":"list","count":2}""");
        var hit = await _server.Send("GET", Maps);
        var (_, shown) = await _server.Send("GET", "/sandbox/faults");
        var id = list![0].TextAt("id");
        var removed = await _server.Send("DELETE", "/sandbox/faults/" + id);
        var after = await _server.Send("GET", Maps);

        added.StatusCode.ShouldBe(HttpStatusCode.Created);
        hit.Response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        shown![0]!["hits"]!.GetValue<int>().ShouldBe(1);
        removed.Response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        after.Response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Nobody_else_changes_faults()
    {
        var (response, _) = await _server.Send(
            "POST", "/sandbox/faults", """{"kind":"Hang"}""", client: _server.Client(token: "mary-token"));

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        _server.Faults.Rules.ShouldBeEmpty();
    }

    // The third column of the table in docs/sandbox.md is what happens, the second what the endpoint is sent.
    [Fact]
    public async Task Every_fault_the_documentation_names_is_taken_while_the_server_runs()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "KubeVirtClone.sln")))
            folder = folder.Parent;
        var documented = File.ReadLines(Path.Combine(folder.FullName, "docs", "sandbox.md"))
            .Select(line => System.Text.RegularExpressions.Regex.Match(line, "^\\| `[^`]+` \\| `(?<fault>\\{[^`]+\\})` \\|", default, TimeSpan.FromSeconds(1)))
            .Where(m => m.Success)
            .Select(m => m.Groups["fault"].Value)
            .ToList();

        foreach (var fault in documented)
            (await _server.Send("POST", "/sandbox/faults", fault)).Response.StatusCode.ShouldBe(HttpStatusCode.Created, fault);

        _server.Faults.Rules.Select(r => r.Fault.Kind).ShouldBe(Enum.GetValues<FaultKind>(), ignoreOrder: true);
    }

    [Fact]
    public void Draws_are_the_same_for_the_same_seed()
    {
        static List<bool> Draws()
        {
            var plan = new KubeVirtClone.Sandbox.Http.FaultPlan(42, [new Fault { Kind = FaultKind.StorageBroken, Probability = 0.5 }]);
            return [.. Enumerable.Range(0, 40).Select(i => plan.Storage(FaultKind.StorageBroken, "volumesnapshots", "ns", $"s{i}") is not null)];
        }

        Draws().ShouldBe(Draws());
        Draws().Distinct().Count().ShouldBe(2);
    }

    private Task<(HttpResponseMessage Response, JsonNode? Body)> Create(string name) => _server.Send(
        "POST", Maps, $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"}}""");
}
