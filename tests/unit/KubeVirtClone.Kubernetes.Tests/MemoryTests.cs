using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Tests.Support;
using Microsoft.AspNetCore.Http;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>
/// Lists and watches hold on to nothing they have given, however much it is. Objects that are still there are counted, not bytes: those are other tests' too.
/// </summary>
public sealed class MemoryTests
{
    private readonly VirtualClock _clock = new() { SkipWaitsUnder = TimeSpan.FromMinutes(30) };

    [Fact]
    public async Task A_list_of_fifty_thousand_keeps_none_of_them()
    {
        const int Pages = 100, OnPage = 500;
        await using var server = await ScriptedServer.StartAsync([.. Enumerable.Range(1, Pages).Select(PageAsync)]);
        await using var client = server.Client();
        var given = new List<WeakReference>();
        var (count, most) = (0, 0);

        await foreach (var item in client.ListAsync(Sample.Thing, "ns", null, CancellationToken.None))
        {
            given.Add(new(item));
            if (++count % 10_000 == 0)
                most = Math.Max(most, Alive(given));
        }

        count.ShouldBe(Pages * OnPage);
        // The one that is being looked at; the one before it may be in the list's hands.
        most.ShouldBeLessThanOrEqualTo(2);

        static Func<HttpContext, SeenRequest, Task> PageAsync(int number)
        {
            return (http, seen) =>
            {
                var objects = Enumerable.Range(0, OnPage).Select(i => Sample.Object($"t-{number}-{i}", uid: $"{Guid.NewGuid()}")).ToArray();
                return Json(Sample.List("5", number < Pages ? $"{number}" : null, objects))(http, seen);
            };
        }
    }

    [Fact]
    public async Task A_watch_of_hours_with_lists_anew_keeps_none_of_what_it_showed()
    {
        // Each time the list is asked for all have changed; the watch then ends as servers end it, or has expired.
        const int Rounds = 40, Objects = 200;
        var filler = new string('x', 2_000);
        var steps = Enumerable.Range(1, Rounds).SelectMany(round => new[]
        {
            Json(Sample.List($"{round}000", null, [.. Enumerable.Range(0, Objects).Select(i => Large($"t-{i}", $"{(round * 1000) + i}"))])),
            Lines(thenHang: false, Sample.Event("MODIFIED", Large("t-0", $"{(round * 1000) + 500}"))),
            Lines(thenHang: false, Sample.Event("ERROR", Sample.Status(410, "Expired", "too old resource version"))),
        });
        await using var server = await ScriptedServer.StartAsync([.. steps]);
        await using var client = server.Client(new KubernetesClientOptions
        {
            TimeProvider = _clock,
            RequestTimeout = TimeSpan.FromHours(1),
            ConnectTimeout = TimeSpan.FromHours(1),
            WatchTimeout = TimeSpan.FromHours(1),
        });
        var given = new List<WeakReference>();
        var (shown, lists, most) = (0, 0, 0);

        await foreach (var change in client.WatchAsync(Sample.Thing, "ns", new WatchOptions(), CancellationToken.None))
        {
            if (change.Object is { } item)
            {
                shown++;
                given.Add(new(item));
            }

            if (change.Kind == ResourceEventKind.Synced)
            {
                most = Math.Max(most, Alive(given));
                if (++lists == Rounds)
                    break;
            }
        }

        shown.ShouldBeGreaterThanOrEqualTo(Rounds * Objects);
        most.ShouldBeLessThanOrEqualTo(2);

        JsonObject Large(string name, string version)
        {
            var large = Sample.Object(name, version);
            large["spec"] = new JsonObject { ["text"] = filler };
            return large;
        }
    }

    private static int Alive(List<WeakReference> given)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        given.RemoveAll(g => !g.IsAlive);
        return given.Count;
    }
}
