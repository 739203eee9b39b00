using System.Globalization;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Model.Records;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Tests.Support;

namespace KubeVirtClone.Engine.Tests.Planning;

/// <summary>
/// Names, ids and what is sent are the same under cultures with other signs, separators, digits and dates. The process has no data of cultures
/// (invariant globalization), so each is the invariant one with what some culture has otherwise; other calendars and rules of case cannot be tried so.
/// </summary>
public sealed class CultureTests
{
    public static TheoryData<string> Cultures() => ["minus of its own", "comma for point", "digits of its own", "dates of its own"];

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
        var expected = await SentAsync(CultureInfo.InvariantCulture);
        (await SentAsync(Culture(culture))).ShouldBe(expected);
    }

    private static async Task<IReadOnlyList<string>> SentAsync(CultureInfo culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = culture;
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

    private static CultureInfo Culture(string otherwise)
    {
        var made = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        var (numbers, dates) = (made.NumberFormat, made.DateTimeFormat);
        switch (otherwise)
        {
            case "minus of its own":
                (numbers.NegativeSign, numbers.PositiveSign) = ("\u2212", "\u200e+");
                break;
            case "comma for point":
                (numbers.NumberDecimalSeparator, numbers.NumberGroupSeparator) = (",", ".");
                break;
            case "digits of its own":
                numbers.NativeDigits = [.. "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669".Select(digit => $"{digit}")];
                numbers.DigitSubstitution = DigitShapes.NativeNational;
                (numbers.NumberDecimalSeparator, numbers.NumberGroupSeparator) = ("\u066b", "\u066c");
                break;
            case "dates of its own":
                (dates.DateSeparator, dates.TimeSeparator, dates.AMDesignator, dates.PMDesignator) = ("-", ".", "a", "p");
                break;
        }

        Sample(made).ShouldNotBe(Sample(CultureInfo.InvariantCulture), "it is of no use here where nothing is written otherwise");
        return made;
    }

    private static string Sample(CultureInfo culture) => string.Create(culture, $"{-1234.5:N1} {DateTimeOffset.UnixEpoch:yyyy/MM/dd hh:mm tt}");

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
