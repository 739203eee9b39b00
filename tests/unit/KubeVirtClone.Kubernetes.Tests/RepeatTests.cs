using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using KubeVirtClone.Kubernetes.Configuration;
using KubeVirtClone.Kubernetes.Tests.Support;
using Microsoft.AspNetCore.Http;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>What is sent again, when, and what is never sent again.</summary>
public sealed class RepeatTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly VirtualClock _clock = new() { SkipWaitsUnder = TimeSpan.FromMinutes(30) };

    private KubernetesClientOptions Options => new() { TimeProvider = _clock, RequestTimeout = TimeSpan.FromHours(1), ConnectTimeout = TimeSpan.FromHours(1) };

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_read_is_repeated_while_the_server_has_trouble(int code)
    {
        await using var server = await ScriptedServer.StartAsync(Text("trouble", "text/plain", code), Text("trouble", "text/plain", code), Json(Sample.Object("a")));
        await using var client = server.Client(Options);

        (await client.GetAsync(Sample.Thing, "ns", "a", None)).Name.ShouldBe("a");

        server.Requests.Count.ShouldBe(3);
        _clock.Waits.Count.ShouldBe(2);
        _clock.Waits[0].ShouldBeInRange(TimeSpan.FromMilliseconds(125), TimeSpan.FromMilliseconds(250));
        _clock.Waits[1].ShouldBeInRange(TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(501)]
    public async Task A_read_is_not_repeated_when_that_would_not_help(int code)
    {
        await using var server = await ScriptedServer.StartAsync(Text("no", "text/plain", code));
        await using var client = server.Client(Options);

        (await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None))).StatusCode.ShouldBe(code);

        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_read_is_given_up_in_the_end_with_the_last_answer()
    {
        var texts = new List<string>();
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Status(503, "ServiceUnavailable", "not ready"), 503));
        await using var client = KubernetesClientFactory.Create(
            new ClusterConfiguration { Server = server.Url },
            new() { TimeProvider = _clock, RequestTimeout = TimeSpan.FromHours(1), ConnectTimeout = TimeSpan.FromHours(1), Information = texts.Add });

        (await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None))).ApiMessage.ShouldBe("not ready");

        server.Requests.Count.ShouldBe(6);
        texts.Count.ShouldBe(5);
        texts[0].ShouldStartWith("GET /apis/example.io/v1/namespaces/ns/things/a: not ready. Trying again in 0.");
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("Thu, 01 Jan 2026 00:00:30 GMT", 30)]
    public async Task Retry_After_is_obeyed(string header, int seconds)
    {
        await using var server = await ScriptedServer.StartAsync(Text("slow down", "text/plain", 429, ("Retry-After", header)), Json(Sample.Object("a"), 201));
        await using var client = server.Client(Options);

        (await client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None)).Name.ShouldBe("a");

        _clock.Waits.ShouldHaveSingleItem().TotalSeconds.ShouldBe(seconds);
    }

    [Fact]
    public async Task The_wait_a_status_asks_for_is_obeyed_too()
    {
        var status = Sample.Status(429, "TooManyRequests", "slow down", new() { ["retryAfterSeconds"] = 9 });
        await using var server = await ScriptedServer.StartAsync(Json(status, 429), Json(Sample.Object("a")));
        await using var client = server.Client(Options);

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        _clock.Waits.ShouldHaveSingleItem().TotalSeconds.ShouldBe(9);
    }

    [Fact]
    public async Task A_wait_beyond_all_patience_is_handed_to_the_caller()
    {
        await using var server = await ScriptedServer.StartAsync(Text("later", "text/plain", 429, ("Retry-After", "3600")));
        await using var client = server.Client(Options);

        var error = await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.RetryAfter.ShouldBe(TimeSpan.FromHours(1));
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(500, false, 1)]
    [InlineData(503, false, 1)]
    [InlineData(503, true, 6)]
    [InlineData(429, false, 6)]
    public async Task A_create_is_repeated_only_when_nothing_was_kept(int code, bool retryAfter, int requests)
    {
        (string, string)[] headers = retryAfter ? [("Retry-After", "1")] : [];
        await using var server = await ScriptedServer.StartAsync(Text("no", "text/plain", code, headers));
        await using var client = server.Client(Options);

        await Should.ThrowAsync<ApiStatusException>(() => client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None));

        server.Requests.Count.ShouldBe(requests);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    public async Task A_write_whose_answer_is_lost_is_not_sent_twice(string method)
    {
        // The first answer opens a connection that is then used again: the handler's own repeat would strike just there.
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Object("a")), CutAsync);
        await using var client = server.Client(Options);
        await client.GetAsync(Sample.Thing, "ns", "a", None);

        var error = await Should.ThrowAsync<AnswerLostException>(() => WriteAsync(client, method, null));

        error.Method.ShouldBe(method);
        server.Requests.Count(request => request.Method == method).ShouldBe(1);
    }

    [Theory]
    [InlineData(502)]
    [InlineData(504)]
    public async Task A_gateway_that_lost_the_server_has_lost_the_answer(int code)
    {
        await using var server = await ScriptedServer.StartAsync(Text("gateway", "text/plain", code));
        await using var client = server.Client(Options);

        var error = await Should.ThrowAsync<AnswerLostException>(() => WriteAsync(client, "POST", null));

        error.InnerException.ShouldBeOfType<ApiStatusException>().StatusCode.ShouldBe(code);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_delete_by_uid_is_repeated_and_not_found_then_counts_as_done()
    {
        await using var server = await ScriptedServer.StartAsync(CutAsync, Json(Sample.Status(404, "NotFound", "things \"a\" not found"), 404));
        await using var client = server.Client(Options);

        (await client.DeleteAsync(Sample.Thing, "ns", "a", new DeleteOptions { PreconditionUid = "u" }, None)).ShouldBeNull();

        server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_delete_that_finds_nothing_at_once_says_so()
    {
        await using var server = await ScriptedServer.StartAsync(
            Text("slow down", "text/plain", 429), Json(Sample.Status(404, "NotFound", "things \"a\" not found"), 404));
        await using var client = server.Client(Options);

        var error = await Should.ThrowAsync<ApiStatusException>(
            () => client.DeleteAsync(Sample.Thing, "ns", "a", new DeleteOptions { PreconditionUid = "u" }, None));

        error.IsNotFound.ShouldBeTrue();
    }

    [Fact]
    public async Task A_read_is_repeated_when_its_answer_is_cut()
    {
        await using var server = await ScriptedServer.StartAsync(
            async (http, _) =>
            {
                http.Response.ContentLength = 1000;
                await SendAsync(http, "{\"kind\":");
                Cut(http);
            },
            Json(Sample.Object("a")));
        await using var client = server.Client(Options);

        (await client.GetAsync(Sample.Thing, "ns", "a", None)).Name.ShouldBe("a");
    }

    [Fact]
    public async Task Nothing_listening_is_said_at_once_with_host_and_port()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var client = KubernetesClientFactory.Create(new ClusterConfiguration { Server = new Uri($"https://127.0.0.1:{port}") }, Options);

        var error = await Should.ThrowAsync<ApiServerUnreachableException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.Reason.ShouldBe(UnreachableReason.ConnectionRefused);
        error.Message.ShouldContain($"127.0.0.1:{port}");
        _clock.Waits.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_without_an_address_is_said()
    {
        await using var client = KubernetesClientFactory.Create(new ClusterConfiguration { Server = new Uri("https://api.invalid:6443") }, Options);

        var error = await Should.ThrowAsync<ApiServerUnreachableException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.Reason.ShouldBe(UnreachableReason.NameNotResolved);
        error.Message.ShouldContain("api.invalid:6443");
    }

    [Fact]
    public async Task A_server_that_takes_the_connection_and_says_nothing_is_given_up_on()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var clock = new VirtualClock();
        await using var client = KubernetesClientFactory.Create(
            new ClusterConfiguration { Server = new Uri($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}") }, new() { TimeProvider = clock });

        var get = client.GetAsync(Sample.Thing, "ns", "a", None);
        await clock.AdvanceUntilAsync(get, TimeSpan.FromSeconds(1));

        var error = await Should.ThrowAsync<ApiServerUnreachableException>(() => get);
        error.Reason.ShouldBe(UnreachableReason.TimedOut);
        error.Message.ShouldContain("no connection within 10 s");
    }

    [Fact]
    public async Task A_read_the_server_never_answers_is_tried_twice()
    {
        await using var server = await ScriptedServer.StartAsync((http, _) => HangAsync(http));
        var clock = new VirtualClock();
        await using var client = server.Client(new() { TimeProvider = clock });

        var get = client.GetAsync(Sample.Thing, "ns", "a", None);
        await clock.AdvanceUntilAsync(get, TimeSpan.FromSeconds(1));

        (await Should.ThrowAsync<ApiServerUnreachableException>(() => get)).Reason.ShouldBe(UnreachableReason.TimedOut);
        server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_create_the_server_never_answers_is_lost_at_its_deadline()
    {
        await using var server = await ScriptedServer.StartAsync((http, _) => HangAsync(http));
        var clock = new VirtualClock();
        await using var client = server.Client(new() { TimeProvider = clock });

        var create = client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None);
        await clock.AdvanceUntilAsync(create, TimeSpan.FromSeconds(1));

        await Should.ThrowAsync<AnswerLostException>(() => create);
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancelling_is_prompt_whatever_the_server_does(bool afterHeaders)
    {
        var reached = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            if (afterHeaders)
                await SendAsync(http, "{");
            reached.TrySetResult();
            await HangAsync(http);
        });
        await using var client = server.Client();
        using var cancel = new CancellationTokenSource();

        var get = client.GetAsync(Sample.Thing, "ns", "a", cancel.Token);
        await reached.Task;
        var watch = Stopwatch.StartNew();
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => get);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Many_requests_run_at_the_same_time()
    {
        var all = new TaskCompletionSource();
        var waiting = 0;
        await using var server = await ScriptedServer.StartAsync(async (http, seen) =>
        {
            if (Interlocked.Increment(ref waiting) == 20)
                all.TrySetResult();
            await all.Task;
            await Json(Sample.Object("a"))(http, seen);
        });
        await using var client = server.Client();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetAsync(Sample.Thing, "ns", "a", None))).WaitAsync(TimeSpan.FromSeconds(30));

        answers.Length.ShouldBe(20);
    }

    private static Task CutAsync(HttpContext http, SeenRequest seen)
    {
        Cut(http);
        return Task.CompletedTask;
    }

    private static Task WriteAsync(IKubernetesClient client, string method, DeleteOptions? options) => method switch
    {
        "POST" => client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None),
        "PATCH" => client.PatchAsync(Sample.Thing, "ns", "a", PatchKind.Merge, Sample.Object("a"), null, None),
        "DELETE" => client.DeleteAsync(Sample.Thing, "ns", "a", options, None),
        _ => client.SendAsync(HttpMethod.Put, "/apis/sub/v1/things/a/start", null, "*/*", None),
    };
}
