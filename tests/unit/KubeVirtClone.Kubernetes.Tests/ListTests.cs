using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

public sealed class ListTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Pages_are_asked_for_one_after_the_other()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", "t o/k", Sample.Object("a"), Sample.Object("b"))), Json(Sample.List("5", null, Sample.Object("c"))));
        await using var client = server.Client();

        var options = new ListOptions { LabelSelector = "app in (x,y)", FieldSelector = "metadata.name!=z", PageSize = 2, ResourceVersion = "0" };
        (await NamesAsync(client.ListAsync(Sample.Thing, "ns", options, None))).ShouldBe(["a", "b", "c"]);

        server.Requests.Count.ShouldBe(2);
        server.Requests[0].Query.ShouldBe("?labelSelector=app%20in%20%28x%2Cy%29&fieldSelector=metadata.name%21%3Dz&limit=2&resourceVersion=0");
        server.Requests[1].QueryValue("continue").ShouldBe("t o/k");
        server.Requests[1].QueryValue("resourceVersion").ShouldBeNull();
    }

    [Fact]
    public async Task No_page_is_asked_for_before_the_one_before_it_is_being_taken()
    {
        var pages = Enumerable.Range(1, 8).Select(n => Json(Sample.List("5", n < 8 ? $"k{n}" : null, Sample.Object($"a{n}"), Sample.Object($"b{n}")))).ToArray();
        await using var server = await ScriptedServer.StartAsync(pages);
        await using var client = server.Client();
        var seen = 0;

        await foreach (var item in client.ListAsync(Sample.Thing, "ns", null, None))
        {
            // Two objects a page.
            var page = (seen++ / 2) + 1;
            server.Requests.Count.ShouldBeInRange(page, page + 1);
            if (seen == 9)
                break;
        }

        // Who wants no more has asked for no more than that.
        server.Requests.Count.ShouldBeInRange(5, 6);
    }

    [Fact]
    public async Task Recorded_pages_are_understood()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(JsonNode.Parse(Sample.Recorded("paging-and-selectors", 0).GetProperty("body").GetRawText())!),
            Json(JsonNode.Parse(Sample.Recorded("paging-and-selectors", 1).GetProperty("body").GetRawText())!));
        await using var client = server.Client();

        var names = await NamesAsync(client.ListAsync(Sample.Thing, null, null, None));

        names.Count.ShouldBe(4);
        names.Distinct().Count().ShouldBe(4);
        server.Requests[0].Query.ShouldBe("?limit=500");
    }

    [Fact]
    public async Task The_first_object_comes_before_its_page_has_arrived()
    {
        var firstSeen = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            http.Response.ContentType = "application/json";
            await SendAsync(http, $$"""{"kind":"ThingList","apiVersion":"example.io/v1","metadata":{"resourceVersion":"1"},"items":[{{Sample.Object("a").ToJsonString()}}""");
            await firstSeen.Task.WaitAsync(TimeSpan.FromSeconds(30));
            await SendAsync(http, $",{Sample.Object("b").ToJsonString()}]}}");
        });
        await using var client = server.Client();
        var names = new List<string>();

        await foreach (var item in client.ListAsync(Sample.Thing, "ns", null, None))
        {
            names.Add(item.Name);
            firstSeen.TrySetResult();
        }

        names.ShouldBe(["a", "b"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task However_the_bytes_arrive_the_objects_are_the_same(int chunk)
    {
        var big = Sample.Object("big");
        big["spec"] = new JsonObject { ["text"] = new string('x', 900) + "\"}]\\ü😀" };
        var text = Encoding.UTF8.GetBytes(
            Sample.List("9", null, Sample.Object("a"), big, Sample.Object("c")).ToJsonString(new() { WriteIndented = true }));
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            for (var at = 0; at < text.Length; at += chunk)
            {
                await http.Response.Body.WriteAsync(text.AsMemory(at, Math.Min(chunk, text.Length - at)));
                await http.Response.Body.FlushAsync();
            }
        });
        await using var client = server.Client();
        var items = new List<KubernetesObject>();

        await foreach (var item in client.ListAsync(Sample.Thing, "ns", null, None))
            items.Add(item);

        items.Select(item => item.Name).ShouldBe(["a", "big", "c"]);
        items[1].StringAt("spec", "text").ShouldEndWith("\"}]\\ü😀");
    }

    [Fact]
    public async Task Objects_larger_than_the_buffer_are_read()
    {
        var big = Sample.Object("big");
        big["data"] = new string('y', 700_000);
        await using var server = await ScriptedServer.StartAsync(Json(Sample.List("9", null, Sample.Object("a"), big, Sample.Object("c"))));
        await using var client = server.Client();

        (await NamesAsync(client.ListAsync(Sample.Thing, "ns", null, None))).ShouldBe(["a", "big", "c"]);
    }

    [Fact]
    public async Task Items_without_kind_get_it_from_what_was_asked_for()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(JsonNode.Parse("""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"p","namespace":"ns"}}]}""")!));
        await using var client = server.Client();

        await foreach (var pod in client.ListAsync(Sample.Pod, "ns", null, None))
        {
            (pod.ApiVersion, pod.Kind, pod.ToString()).ShouldBe(("v1", "Pod", "Pod ns/p"));
            pod.ToJsonObject().ToJsonString().ShouldBe("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"ns"}}""");
        }
    }

    [Theory]
    [InlineData("""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":null}""")]
    [InlineData("""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}""")]
    public async Task An_empty_list_is_empty(string body)
    {
        await using var server = await ScriptedServer.StartAsync(Text(body, "application/json", 200));
        await using var client = server.Client();

        (await NamesAsync(client.ListAsync(Sample.Pod, "ns", null, None))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("<html>Log in</html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"items":{}}""")]
    [InlineData("""{"items":["text"]}""")]
    [InlineData("""{"items":[{"a":1} {"b":2}],"metadata":{"resourceVersion":"1"}}""")]
    [InlineData("""{"items":[{"a":1},],"metadata":{"resourceVersion":"1"}}""")]
    [InlineData("""{"items":[,{"a":1}],"metadata":{"resourceVersion":"1"}}""")]
    [InlineData("""{"items":[{"a":1},,{"b":2}],"metadata":{"resourceVersion":"1"}}""")]
    [InlineData("""{"items":[{"a":[}]],"metadata":{"resourceVersion":"1"}}""")]
    [InlineData("""{"items":[{"a":1}}],"metadata":{"resourceVersion":"1"}}""")]
    [InlineData("""{"items":[{a:1}],"metadata":{"resourceVersion":"1"}}""")]
    public async Task What_is_no_list_is_refused(string body)
    {
        await using var server = await ScriptedServer.StartAsync(Text(body, "application/json", 200));
        await using var client = server.Client();

        var error = await Should.ThrowAsync<ApiAnswerInvalidException>(() => NamesAsync(client.ListAsync(Sample.Pod, "ns", null, None)));

        error.Message.ShouldContain("GET /api/v1/namespaces/ns/pods");
    }

    [Fact]
    public async Task When_a_page_has_expired_the_rest_comes_from_one_whole_list()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", "next", Sample.Object("a"), Sample.Object("b"))),
            Json(Sample.Status(410, "Expired", "The provided continue parameter is too old"), 410),
            Json(Sample.List("9", null, Sample.Object("a"), Sample.Object("b", "8"), Sample.Object("c"), Sample.Object("d"))));
        await using var client = server.Client();

        (await NamesAsync(client.ListAsync(Sample.Thing, "ns", new ListOptions { PageSize = 2 }, None))).ShouldBe(["a", "b", "c", "d"]);

        server.Requests[2].Query.ShouldBe("");
    }

    [Fact]
    public async Task A_page_that_was_cut_is_asked_for_again_without_giving_anything_twice()
    {
        var page = Sample.List("5", null, Sample.Object("a"), Sample.Object("b")).ToJsonString();
        await using var server = await ScriptedServer.StartAsync(
            async (http, _) =>
            {
                http.Response.ContentType = "application/json";
                await SendAsync(http, page[..(page.IndexOf("\"b\"", StringComparison.Ordinal) + 3)]);
                Cut(http);
            },
            Text(page, "application/json", 200));
        var clock = new VirtualClock { SkipWaitsUnder = TimeSpan.FromMinutes(30) };
        await using var client = server.Client(Patient(clock));

        (await NamesAsync(client.ListAsync(Sample.Thing, "ns", null, None))).ShouldBe(["a", "b"]);

        server.Requests.Count.ShouldBe(2);
        clock.Waits.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_list_that_is_always_cut_fails_in_the_end()
    {
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            await SendAsync(http, """{"items":[""");
            Cut(http);
        });
        await using var client = server.Client(Patient(new VirtualClock { SkipWaitsUnder = TimeSpan.FromMinutes(30) }));

        var error = await Should.ThrowAsync<ApiServerUnreachableException>(() => NamesAsync(client.ListAsync(Sample.Thing, "ns", null, None)));

        error.Reason.ShouldBe(UnreachableReason.ConnectionLost);
        // Cut before or after the headers were read: both count, each up to its own limit.
        server.Requests.Count.ShouldBeInRange(3, 18);
    }

    [Fact]
    public async Task Compressed_lists_are_read()
    {
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            http.Response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(http.Response.Body, CompressionLevel.Fastest);
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Sample.List("5", null, Sample.Object("a")).ToJsonString()));
        });
        await using var client = server.Client();

        (await NamesAsync(client.ListAsync(Sample.Thing, "ns", null, None))).ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_list_that_falls_silent_ends_at_its_deadline()
    {
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            await SendAsync(http, """{"items":[""");
            await HangAsync(http);
        });
        var clock = new VirtualClock();
        await using var client = server.Client(new KubernetesClientOptions { TimeProvider = clock, Retry = new RetryPolicy { MaxAttempts = 1 } });

        var list = NamesAsync(client.ListAsync(Sample.Thing, "ns", null, None));
        await clock.AdvanceUntilAsync(list, TimeSpan.FromSeconds(1));

        (await Should.ThrowAsync<ApiServerUnreachableException>(() => list)).Reason.ShouldBe(UnreachableReason.TimedOut);
    }

    [Fact]
    public async Task Cancelling_ends_a_list_whose_server_hangs()
    {
        using var cancel = new CancellationTokenSource();
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            await SendAsync(http, $$"""{"items":[{{Sample.Object("a").ToJsonString()}}""");
            await HangAsync(http);
        });
        await using var client = server.Client();
        var list = Task.Run(async () =>
        {
            await foreach (var _ in client.ListAsync(Sample.Thing, "ns", null, cancel.Token))
                await cancel.CancelAsync();
        });

        await Should.ThrowAsync<OperationCanceledException>(() => list.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Memory_does_not_grow_with_the_list()
    {
        var item = Sample.Object("x");
        item["spec"] = new JsonObject { ["text"] = new string('s', 4000) };
        var tail = Encoding.UTF8.GetBytes(item.ToJsonString()[1..]);
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            await SendAsync(http, """{"metadata":{"resourceVersion":"1"},"items":[""");
            for (var number = 0; number < 20_000; number++)
            {
                await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(number == 0 ? "{" : ",{"));
                await http.Response.Body.WriteAsync(tail);
            }

            await SendAsync(http, "]}");
        });
        await using var client = server.Client();
        var weak = new List<WeakReference>();
        var count = 0;

        await foreach (var thing in client.ListAsync(Sample.Thing, "ns", null, None))
        {
            if (count++ % 1000 == 0)
                weak.Add(new WeakReference(thing));
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        weak.Count(reference => reference.IsAlive).ShouldBeLessThanOrEqualTo(1);
        count.ShouldBe(20_000);
    }

    private static KubernetesClientOptions Patient(VirtualClock clock) =>
        new() { TimeProvider = clock, RequestTimeout = TimeSpan.FromHours(1), ConnectTimeout = TimeSpan.FromHours(1) };

    private static async Task<List<string>> NamesAsync(IAsyncEnumerable<KubernetesObject> list)
    {
        var names = new List<string>();
        await foreach (var item in list)
            names.Add(item.Name);
        return names;
    }
}
