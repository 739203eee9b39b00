using System.Runtime.CompilerServices;

namespace KubeVirtClone.PowerShell.Tests.Rows;

/// <summary>Files as people's spreadsheets and editors write them: what each means is made in both front ends, or refused with what was seen.</summary>
public sealed class CsvShapeTests : IDisposable
{
    private readonly RowReaders _readers = new();

    public void Dispose() => _readers.Dispose();

    /// <param name="file">The file.</param>
    /// <param name="lines">The lines its rows begin on.</param>
    /// <param name="made">What is made, or what a refusal says after '!', for each row.</param>
    /// <param name="warned">What warnings say.</param>
    [Theory]
    [InlineData("blank-rows", new[] { 2, 3, 5 }, new[] { "golden>csv-i", "", "golden>csv-j" }, new[] { "nothing in any of their columns" })]
    [InlineData("bom", new[] { 2 }, new[] { "golden>csv-d" }, new string[0])]
    [InlineData("utf16", new[] { 2 }, new[] { "golden>csv-e" }, new string[0])]
    [InlineData("case", new[] { 2 }, new[] { "Golden>CSV-F in '' as '' of '' image '' '': Start=True" }, new[] { "'Count'" })]
    [InlineData("duplicate", new[] { 2, 3 }, new[] { "golden>csv-n", "golden>csv-n" }, new string[0])]
    [InlineData("excel-numbers", new[] { 2 }, new[] { "!MacAddress" }, new string[0])]
    [InlineData("hash-header", new[] { 3 }, new[] { "!'1', 'golden', 'csv-g'" }, new string[0])]
    [InlineData("misspelt-columns", new[] { 2 }, new[] { "golden>csv-l" }, new[] { "'MacAdress' says nothing of a clone and is not used; is MacAddress meant?", "'Hostnmae' says nothing of a clone and is not used; is Hostname meant?" })]
    [InlineData("name-column", new[] { 2 }, new[] { "golden>csv-k in 'default'" }, new[] { "'Notes'" })]
    [InlineData("semicolon", new[] { 2 }, new[] { "!'SourceName;TargetName;Label'" }, new string[0])]
    [InlineData("trailing-spaces", new[] { 2, 3 }, new[] { "!'SourceName '", "!'SourceName '" }, new string[0])]
    public void A_file_is_what_a_person_means_by_it(string file, int[] lines, string[] made, string[] warned)
    {
        var path = Fixture(file + ".csv");
        foreach (var read in new[] { _readers.ByModule(path), RowReaders.ByCli(path, lines) })
        {
            read.Rows.Count.ShouldBe(made.Length);
            foreach (var (row, what) in read.Rows.Zip(made))
            {
                if (what.StartsWith('!'))
                    row.Refusal.ShouldNotBeNull().ShouldContain(what[1..]);
                else
                    row.Refusal.ShouldBeNull();
                if (what.Length == 0 || what.StartsWith('!'))
                    row.Requests.ShouldBeEmpty();
                else
                    row.Requests.ShouldHaveSingleItem().ShouldStartWith($"VirtualMachine/{what}");
            }

            read.Warnings.Count.ShouldBe(warned.Length, string.Join(" | ", read.Warnings));
            foreach (var text in warned)
                read.Warnings.ShouldContain(w => w.Contains(text, StringComparison.Ordinal));
        }
    }

    private static string Fixture(string name, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "fixtures", "reports", "csv-shapes", name));
}
