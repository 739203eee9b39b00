using System.Globalization;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Planning;

/// <summary>Whoever runs it, wherever: names, ids and what is sent are the same. Buddhist and Persian years, the Turkish i, other digits and signs.</summary>
public sealed class CultureTests
{
    public static TheoryData<string> Cultures() => ["th-TH", "fa-IR", "tr-TR", "ar-SA", "de-DE", "sv-SE"];

    [Theory]
    [MemberData(nameof(Cultures))]
    public void Ids_names_and_ages_have_no_culture(string culture) => In(culture, () =>
    {
        var now = new DateTimeOffset(2026, 11, 30, 1, 2, 3, TimeSpan.Zero);
        CloneNames.NewBatch(now).ShouldStartWith("20261130-010203-");
        CloneNames.ForSnapshot("golden", now).ShouldStartWith("golden-20261130-010203-");
        NamePattern.Fill("web-{0:d3}-{1}", "name", 1234, "IMAGE", target: null).ShouldBe("web-1234-IMAGE");
        NamePattern.Fill("{0:x4}", "name", 255, "s", target: null).ShouldBe("00ff");
        Durations.Age(TimeSpan.FromDays((3 * 365) + 40)).ShouldBe("3y40d");
        Durations.Age(TimeSpan.FromSeconds(330)).ShouldBe("5m30s");
        new WildcardName("INIT-*").Matches("init-1").ShouldBeTrue();
        RequestFields.Find("VOLUMENAMEPOLICY").ShouldBe(RequestFields.VolumeNamePolicy);
        RequestFields.Find("exludelabel").ShouldBeNull();
    });

    [Theory]
    [MemberData(nameof(Cultures))]
    public async Task What_is_sent_has_no_culture(string culture)
    {
        var expected = await SentAsync("en-US");
        (await SentAsync(culture)).ShouldBe(expected);
    }

    private static async Task<IReadOnlyList<string>> SentAsync(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = Culture(culture);
        try
        {
            var world = new SnapshotWorld();
            var requests = World.Requests(12).ConvertAll(r => r with
            {
                Hostname = "i-host",
                RunStrategy = "manual",
                GenerateMacAddresses = true,
                ExcludeLabels = ["I*"],
                SmbiosSerial = "1:2",
                VolumeNamePolicy = "prefixtargetname",
                CleanOwnership = true,
            });
            await world.RunAsync(requests, new CloneOptions { Batch = "b", Method = CloneMethodChoice.Restore });
            var sent = world.Client.All(World.Restores).Select(o => $"{o["metadata"]!["name"]} {o["metadata"]!["labels"]?.ToJsonString()} {o["spec"]!.ToJsonString()}").Order(StringComparer.Ordinal).ToList();
            sent.Count.ShouldBe(12);
            return sent;
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    // Where the runtime has no data of cultures (no ICU), one with signs and separators of its own stands for each.
    private static CultureInfo Culture(string name)
    {
        try
        {
            return CultureInfo.GetCultureInfo(name);
        }
        catch (CultureNotFoundException)
        {
            var made = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            made.NumberFormat.NegativeSign = "\u2212";
            made.NumberFormat.NumberDecimalSeparator = ",";
            made.NumberFormat.NumberGroupSeparator = ".";
            made.DateTimeFormat.TimeSeparator = ".";
            made.DateTimeFormat.DateSeparator = "-";
            return made;
        }
    }

    private static void In(string culture, Action act)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = Culture(culture);
        try
        {
            act();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
