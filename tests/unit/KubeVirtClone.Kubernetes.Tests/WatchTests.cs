using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using KubeVirtClone.Kubernetes.Tests.Support;
using Microsoft.AspNetCore.Http;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

public sealed class WatchTests
{
    private readonly VirtualClock _clock = new() { SkipWaitsUnder = TimeSpan.FromMinutes(30) };

    private KubernetesClientOptions Options => new()
    {
        TimeProvider = _clock,
        RequestTimeout = TimeSpan.FromHours(1),
        ConnectTimeout = TimeSpan.FromHours(1),
        WatchTimeout = TimeSpan.FromHours(1),
    };

    [Fact]
    public async Task A_watch_lists_and_then_goes_on_from_there()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null, Sample.Object("a"), Sample.Object("b"))),
            Lines(thenHang: true, Sample.Event("ADDED", Sample.Object("c", "6")), Sample.Event("MODIFIED", Sample.Object("a", "7")), Sample.Event("DELETED", Sample.Object("b", "8"))));

        var events = await WatchAsync(server, 6, new WatchOptions { LabelSelector = "x=y", FieldSelector = "metadata.name=a" });

        events.ShouldBe(["Added a 1", "Added b 1", "Synced", "Added c 6", "Modified a 7", "Deleted b 8"]);
        server.Requests[0].Query.ShouldBe("?labelSelector=x%3Dy&fieldSelector=metadata.name%3Da&limit=500");
        var watch = server.Requests[1];
        (watch.QueryValue("watch"), watch.QueryValue("allowWatchBookmarks"), watch.QueryValue("resourceVersion")).ShouldBe(("true", "true", "5"));
        (watch.QueryValue("labelSelector"), watch.QueryValue("fieldSelector")).ShouldBe(("x=y", "metadata.name=a"));
        int.Parse(watch.QueryValue("timeoutSeconds")!).ShouldBeInRange(3600, 7200);
    }

    [Fact]
    public async Task A_recorded_watch_is_understood()
    {
        var lines = Sample.Recorded("watch", 0).GetProperty("lines").EnumerateArray().Select(line => JsonNode.Parse(line.GetRawText())!).ToArray();
        await using var server = await ScriptedServer.StartAsync(Json(Sample.List("13071", null)), Lines(thenHang: false, lines), Lines(thenHang: true));

        var events = await WatchAsync(server, 8, until: () => server.Requests.Count >= 3);

        events.Count.ShouldBe(8);
        events[0].ShouldBe("Synced");
        events[1].ShouldBe("Deleted web-1 13072");
        server.Requests[2].QueryValue("resourceVersion").ShouldBe("13079");
    }

    [Fact]
    public async Task A_watch_that_ends_resumes_after_the_last_event()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null)),
            Lines(thenHang: false, Sample.Event("ADDED", Sample.Object("a", "9"))),
            Lines(thenHang: true, Sample.Event("MODIFIED", Sample.Object("a", "10"))));

        (await WatchAsync(server, 3)).ShouldBe(["Synced", "Added a 9", "Modified a 10"]);

        server.Requests[2].QueryValue("resourceVersion").ShouldBe("9");
        _clock.Waits.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_watch_resumes_after_the_last_bookmark()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null)),
            Lines(thenHang: false, Sample.Bookmark("77")),
            Lines(thenHang: true, Sample.Event("ADDED", Sample.Object("a", "78"))));

        (await WatchAsync(server, 2)).ShouldBe(["Synced", "Added a 78"]);

        server.Requests[2].QueryValue("resourceVersion").ShouldBe("77");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_expired_version_leads_to_a_list_that_shows_only_what_differs(bool asEvent)
    {
        var expired = Sample.Status(410, "Expired", "too old resource version: 5 (100)");
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null, Sample.Object("same"), Sample.Object("changed"), Sample.Object("gone"), Sample.Object("replaced"))),
            asEvent ? Lines(thenHang: false, Sample.Event("ERROR", expired)) : Json(expired, 410),
            Json(Sample.List("100", null, Sample.Object("same"), Sample.Object("changed", "50"), Sample.Object("replaced", "60", "other"), Sample.Object("new", "70"))),
            Lines(thenHang: true, Sample.Event("MODIFIED", Sample.Object("new", "101"))));

        var events = await WatchAsync(server, 12);

        events[5..].ShouldBe(
            ["Modified changed 50", "Deleted replaced 1", "Added replaced 60", "Added new 70", "Deleted gone 1", "Synced", "Modified new 101"]);
        server.Requests[2].QueryValue("watch").ShouldBeNull();
        server.Requests[2].QueryValue("resourceVersion").ShouldBeNull();
        server.Requests[3].QueryValue("resourceVersion").ShouldBe("100");
    }

    [Theory]
    [InlineData("this is not json\n")]
    [InlineData("{\"type\":\"ADDED\",\"object\":{\"kind\":\"Thing\",\"meta")]
    [InlineData("{\"type\":\"SURPRISE\",\"object\":{}}\n")]
    [InlineData("[1]\n")]
    public async Task Garbage_and_half_lines_lead_to_a_new_watch_from_the_last_version(string garbage)
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null)),
            async (http, _) =>
            {
                await SendAsync(http, Sample.Event("ADDED", Sample.Object("a", "6")).ToJsonString() + "\n");
                await SendAsync(http, garbage);
            },
            Lines(thenHang: true, Sample.Event("ADDED", Sample.Object("b", "7"))));

        (await WatchAsync(server, 3)).ShouldBe(["Synced", "Added a 6", "Added b 7"]);

        server.Requests[2].QueryValue("resourceVersion").ShouldBe("6");
        _clock.Waits.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_cut_line_leads_to_a_new_watch()
    {
        var seen = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null)),
            async (http, _) =>
            {
                await SendAsync(http, Sample.Event("ADDED", Sample.Object("a", "6")).ToJsonString() + "\n{\"type\":\"ADD");
                await seen.Task;
                Cut(http);
            },
            Lines(thenHang: true, Sample.Event("ADDED", Sample.Object("b", "7"))));

        (await WatchAsync(server, 3, onEvent: text => _ = text == "Added a 6" && seen.TrySetResult())).ShouldBe(["Synced", "Added a 6", "Added b 7"]);
    }

    [Fact]
    public async Task Lines_that_arrive_in_pieces_are_put_together()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null)),
            async (http, _) =>
            {
                var big = Sample.Object("a", "6");
                big["data"] = new string('x', 100_000);
                var text = Sample.Event("ADDED", big).ToJsonString() + "\r\n\n" + Sample.Event("ADDED", Sample.Object("b", "7")).ToJsonString() + "\n";
                for (var at = 0; at < text.Length; at += 9_973)
                    await SendAsync(http, text.Substring(at, Math.Min(9_973, text.Length - at)));
                await HangAsync(http);
            });

        (await WatchAsync(server, 3)).ShouldBe(["Synced", "Added a 6", "Added b 7"]);
    }

    [Fact]
    public async Task Overload_inside_a_watch_is_waited_out()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null)),
            Lines(thenHang: false, Sample.Event("ERROR", Sample.Status(429, "TooManyRequests", "slow down", new() { ["retryAfterSeconds"] = 12 }))),
            Lines(thenHang: true, Sample.Event("ADDED", Sample.Object("b", "7"))));

        (await WatchAsync(server, 2)).ShouldBe(["Synced", "Added b 7"]);

        _clock.Waits.ShouldHaveSingleItem().TotalSeconds.ShouldBe(12);
        server.Requests[2].QueryValue("resourceVersion").ShouldBe("5");
    }

    [Fact]
    public async Task Waits_double_while_nothing_works_and_start_over_after_progress()
    {
        var trouble = Text("trouble", "text/plain", 500);
        await using var server = await ScriptedServer.StartAsync(
            trouble, trouble, trouble,
            Json(Sample.List("5", null)),
            trouble,
            Lines(thenHang: false, Sample.Event("ADDED", Sample.Object("a", "6"))),
            trouble,
            Lines(thenHang: true, Sample.Event("ADDED", Sample.Object("b", "7"))));

        await WatchAsync(server, 3);

        double[] longest = [0.8, 1.6, 3.2, 6.4, 0.8];
        _clock.Waits.Count.ShouldBe(longest.Length);
        for (var number = 0; number < longest.Length; number++)
            _clock.Waits[number].TotalSeconds.ShouldBeInRange(longest[number] / 2, longest[number]);
    }

    [Fact]
    public async Task A_watch_that_closes_at_once_is_not_opened_again_in_a_circle()
    {
        await using var server = await ScriptedServer.StartAsync((http, seen, number) => number switch
        {
            1 => Json(Sample.List("5", null))(http, seen),
            <= 10 => Lines(thenHang: false)(http, seen),
            _ => Lines(thenHang: true, Sample.Event("ADDED", Sample.Object("a", "6")))(http, seen),
        });

        await WatchAsync(server, 2);

        _clock.Waits.Count.ShouldBe(9);
        _clock.Waits[^1].TotalSeconds.ShouldBeInRange(15, 30);
    }

    /// <summary>Each watch shows one newer event and then says that the version is too old: without a pause that is a tight circle of lists.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Watches_that_get_nowhere_are_opened_ever_more_slowly(bool expires)
    {
        var version = 5;
        await using var server = await ScriptedServer.StartAsync((http, seen, _) => seen.QueryValue("watch") is null
            ? Json(Sample.List((version += 10).ToString(), null, Sample.Object("a", version.ToString())))(http, seen)
            : Lines(
                thenHang: false,
                [Sample.Event("MODIFIED", Sample.Object("a", (++version).ToString())), .. expires ? [Sample.Event("ERROR", Sample.Status(410, "Expired", "too old"))] : Array.Empty<JsonObject>()])(http, seen));

        await WatchAsync(server, expires ? 24 : 10);

        var waits = _clock.Waits.Where(wait => wait > TimeSpan.Zero && wait < TimeSpan.FromMinutes(1)).Take(5).ToList();
        waits.Count.ShouldBe(5);
        for (var i = 0; i < 5; i++)
            waits[i].ShouldBeInRange(TimeSpan.FromSeconds(0.4 * Math.Min(12.5, 1 << i)), TimeSpan.FromSeconds(Math.Min(10, 0.8 * (1 << i))));
    }

    [Fact]
    public async Task A_silent_watch_ends_a_little_after_its_time()
    {
        var clock = new VirtualClock();
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null)),
            Lines(thenHang: true, Sample.Bookmark("6")),
            Lines(thenHang: true, Sample.Event("ADDED", Sample.Object("a", "7"))));
        await using var client = server.Client(new() { TimeProvider = clock });
        var start = clock.GetUtcNow();

        var watch = CollectAsync(client, 2);
        await clock.AdvanceUntilAsync(watch, TimeSpan.FromSeconds(5));

        (await watch).ShouldBe(["Synced", "Added a 7"]);
        server.Requests[2].QueryValue("resourceVersion").ShouldBe("6");
        var asked = int.Parse(server.Requests[1].QueryValue("timeoutSeconds")!);
        asked.ShouldBeInRange(300, 600);
        (clock.GetUtcNow() - start).TotalSeconds.ShouldBeGreaterThan(asked);
    }

    [Fact]
    public async Task A_server_whose_versions_went_back_is_listed_again()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("500", null, Sample.Object("a", "400"))),
            Lines(thenHang: true, Sample.Event("ADDED", Sample.Object("b", "3"))),
            Json(Sample.List("3", null, Sample.Object("b", "3"))),
            Lines(thenHang: true));

        (await WatchAsync(server, 5)).ShouldBe(["Added a 400", "Synced", "Added b 3", "Deleted a 400", "Synced"]);
    }

    [Fact]
    public async Task A_version_the_server_does_not_know_yet_leads_to_a_list()
    {
        var refusal = JsonNode.Parse(Sample.Recorded("paging-and-selectors", 9).GetProperty("body").GetRawText())!;
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("500", null)), Json(refusal, 504), Json(Sample.List("3", null, Sample.Object("b", "3"))), Lines(thenHang: true));

        (await WatchAsync(server, 3)).ShouldBe(["Synced", "Added b 3", "Synced"]);
    }

    [Fact]
    public async Task A_list_whose_next_page_has_expired_starts_over_whole()
    {
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", "next", Sample.Object("a"), Sample.Object("b"))),
            Json(Sample.Status(410, "Expired", "continue expired"), 410),
            Json(Sample.List("9", null, Sample.Object("b"), Sample.Object("c"))),
            Lines(thenHang: true));

        (await WatchAsync(server, 5, until: () => server.Requests.Count >= 4)).ShouldBe(["Added a 1", "Added b 1", "Added c 1", "Deleted a 1", "Synced"]);

        server.Requests[2].Query.ShouldBe("");
        server.Requests[3].QueryValue("resourceVersion").ShouldBe("9");
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(400)]
    public async Task A_list_that_is_refused_for_good_ends_the_watch(int code)
    {
        await using var server = await ScriptedServer.StartAsync(Text("no", "text/plain", code));

        (await Should.ThrowAsync<ApiStatusException>(() => WatchAsync(server, 1))).StatusCode.ShouldBe(code);

        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_watch_that_is_refused_for_good_ends(int code)
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.List("5", null)), Text("no", "text/plain", code));

        (await Should.ThrowAsync<ApiStatusException>(() => WatchAsync(server, 2))).StatusCode.ShouldBe(code);
    }

    [Fact]
    public async Task A_watch_that_is_always_a_bad_request_ends_at_last()
    {
        await using var server = await ScriptedServer.StartAsync((http, seen, _) =>
            seen.QueryValue("watch") is null ? Json(Sample.List("5", null))(http, seen) : Text("bad", "text/plain", 400)(http, seen));

        (await Should.ThrowAsync<ApiStatusException>(() => WatchAsync(server, 100))).StatusCode.ShouldBe(400);
    }

    [Fact]
    public async Task A_server_that_is_away_for_a_while_loses_nothing()
    {
        var texts = new List<string>();
        await using var server = await ScriptedServer.StartAsync((http, seen, number) => number switch
        {
            1 => Json(Sample.List("5", null, Sample.Object("a")))(http, seen),
            <= 4 => CutAsync(http),
            _ => Lines(thenHang: true, Sample.Event("MODIFIED", Sample.Object("a", "6")))(http, seen),
        });
        await using var client = server.Client(new()
        {
            TimeProvider = _clock,
            RequestTimeout = TimeSpan.FromHours(1),
            ConnectTimeout = TimeSpan.FromHours(1),
            WatchTimeout = TimeSpan.FromHours(1),
            Information = texts.Add,
        });

        (await CollectAsync(client, 3)).ShouldBe(["Added a 1", "Synced", "Modified a 6"]);

        texts[0].ShouldStartWith("Watching things: ");
    }

    [Fact]
    public async Task A_watch_does_not_outlive_its_client()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.List("5", null)), Lines(thenHang: false));
        var client = server.Client(Options);

        await Should.ThrowAsync<ObjectDisposedException>(async () =>
        {
            await foreach (var _ in client.WatchAsync(Sample.Thing, "ns", new WatchOptions(), CancellationToken.None))
                await client.DisposeAsync();
        });
    }

    [Fact]
    public async Task Cancelling_ends_a_silent_watch()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.List("5", null)), Lines(thenHang: true));
        await using var client = server.Client();
        using var cancel = new CancellationTokenSource();
        var watch = Task.Run(async () =>
        {
            await foreach (var _ in client.WatchAsync(Sample.Thing, "ns", new WatchOptions(), cancel.Token))
                cancel.CancelAfter(TimeSpan.FromMilliseconds(50));
        });

        await Should.ThrowAsync<OperationCanceledException>(() => watch.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task What_went_unseen_comes_with_its_metadata_and_without_what_others_keep_there_of_the_whole_object()
    {
        var gone = Sample.Object("gone");
        gone["spec"] = new JsonObject { ["size"] = 5 };
        gone["metadata"]!["labels"] = new JsonObject { ["tier"] = "web" };
        gone["metadata"]!["annotations"] = new JsonObject { ["note"] = "kept", ["kubectl.kubernetes.io/last-applied-configuration"] = "{\"spec\":{\"size\":5}}" };
        gone["metadata"]!["managedFields"] = new JsonArray(new JsonObject { ["manager"] = "kubectl" });
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null, gone)),
            Json(Sample.Status(410, "Expired", "too old resource version: 5 (100)"), 410),
            Json(Sample.List("100", null)),
            Lines(thenHang: true));
        await using var client = server.Client(Options);
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        await foreach (var (kind, item) in client.WatchAsync(Sample.Thing, "ns", new WatchOptions(), cancel.Token))
        {
            if (kind != ResourceEventKind.Deleted)
                continue;
            item!.Uid.ShouldBe(Sample.Uid("gone"));
            item.Kind.ShouldBe("Thing");
            item.Labels["tier"].ShouldBe("web");
            item.Annotations.Keys.ShouldBe(["note"]);
            item.At("spec").ShouldBeNull();
            item.At("metadata", "managedFields").ShouldBeNull();
            return;
        }
    }

    [Fact]
    public async Task A_watch_keeps_no_object_that_nobody_else_keeps()
    {
        const int count = 200;
        var items = Enumerable.Range(0, count).Select(i => Sample.Object($"o{i}")).ToArray();
        await using var server = await ScriptedServer.StartAsync(
            Json(Sample.List("5", null, items)),
            Lines(thenHang: true, Sample.Event("ADDED", Sample.Object("last", "9"))));
        await using var client = server.Client(Options);
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var seen = new List<WeakReference>();

        await foreach (var (kind, item) in client.WatchAsync(Sample.Thing, "ns", new WatchOptions(), cancel.Token))
        {
            if (item?.Name == "last")
                break;
            if (kind == ResourceEventKind.Added)
                seen.Add(new WeakReference(item));
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        seen.Count.ShouldBe(count);
        // The one an iterator stands on may live a little longer.
        seen.Count(s => s.IsAlive).ShouldBeLessThan(5);
    }

    private static Task CutAsync(HttpContext http)
    {
        Cut(http);
        return Task.CompletedTask;
    }

    private async Task<List<string>> WatchAsync(
        ScriptedServer server, int count, WatchOptions? options = null, Func<bool>? until = null, Action<string>? onEvent = null)
    {
        await using var client = server.Client(Options);
        return await CollectAsync(client, count, options, until, onEvent);
    }

    /// <summary>The first events of a watch, as <c>kind name version</c>; goes on reading until the condition holds, too.</summary>
    private static async Task<List<string>> CollectAsync(
        IKubernetesClient client, int count, WatchOptions? options = null, Func<bool>? until = null, Action<string>? onEvent = null)
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var events = new List<string>();
        var channel = Channel.CreateUnbounded<string>();
        var reading = Task.Run(async () =>
        {
            try
            {
                await foreach (var (kind, item) in client.WatchAsync(Sample.Thing, "ns", options ?? new WatchOptions(), cancel.Token))
                    await channel.Writer.WriteAsync(item is null ? $"{kind}" : $"{kind} {item.Name} {item.ResourceVersion}");
            }
            catch (Exception e)
            {
                channel.Writer.TryComplete(e);
            }
        });
        while (events.Count < count)
        {
            if (!await channel.Reader.WaitToReadAsync() || !channel.Reader.TryRead(out var text))
                continue;
            events.Add(text);
            onEvent?.Invoke(text);
        }

        while (until?.Invoke() == false && !reading.IsCompleted)
            await Task.WhenAny(reading, Task.Delay(5));
        await cancel.CancelAsync();
        await reading;
        return events;
    }
}
