using FsCheck;
using FsCheck.Fluent;
using KubeVirtClone.Engine.Knowledge.Rows;

namespace KubeVirtClone.PowerShell.Tests.Rows;

/// <summary>
/// Over random tables: a row makes exactly the request its columns mean, in the module and in kubectl-vmclone, or is refused in both with a text that
/// names the column. No column is passed over in silence.
/// </summary>
public sealed class RowPropertyTests : IDisposable
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithReplay(20_261_130, 7).WithMaxTest(120);

    private readonly RowReaders _readers = new();

    public void Dispose() => _readers.Dispose();

    [Fact]
    public void A_table_makes_what_its_columns_mean_in_both_front_ends()
    {
        var made = 0;
        Prop.ForAll(RowTable.Meant(), table =>
        {
            var meant = RowMeaning.Of(table);
            var both = _readers.Read(table);
            foreach (var (frontEnd, read) in new[] { ("module", both.Module), ("kubectl-vmclone", both.Cli) })
            {
                for (var row = 0; row < table.Rows; row++)
                {
                    read.Rows[row].Requests.ShouldBe(meant[row].Requests, $"{frontEnd}, row {row + 1}: {read.Rows[row].Refusal}\n{table}");
                    ShouldName(read.Rows[row].Refusal, meant[row].Blamed, $"{frontEnd}, row {row + 1}\n{table}");
                    made += meant[row].Requests.Count;
                }

                if (!meant.All(m => m.Blamed is not null))
                {
                    foreach (var column in table.Columns.Where(c => c.Means is null))
                        read.Warnings.ShouldContain(w => w.Contains($"'{column.Spelling}'", StringComparison.Ordinal), $"{frontEnd}\n{table}");
                }
            }
        }).Check(Runs);
        made.ShouldBeGreaterThan(Runs.MaxTest);
    }

    [Fact]
    public void Whatever_is_in_a_cell_both_front_ends_make_the_same_of_it()
    {
        Prop.ForAll(RowTable.Any(), table =>
        {
            var (module, cli) = _readers.Read(table);
            for (var row = 0; row < table.Rows; row++)
            {
                var (ours, theirs) = (module.Rows[row], cli.Rows[row]);
                var what = $"row {row + 1}; module: {ours.Refusal}; kubectl-vmclone: {theirs.Refusal}\n{table}";
                ours.Requests.ShouldBe(theirs.Requests, what);
                (ours.Refusal is null).ShouldBe(theirs.Refusal is null, what);
                string[] columns = [.. table.Columns.Select(c => c.Spelling), .. table.Columns.Select(c => c.Means!)];
                ShouldName(ours.Refusal, ours.Refusal is null ? null : columns, what);
                ShouldName(theirs.Refusal, theirs.Refusal is null ? null : columns, what);
            }
        }).Check(Runs);
    }

    private static void ShouldName(string? refusal, IReadOnlyList<string>? columns, string what)
    {
        if (columns is null)
            refusal.ShouldBeNull(what);
        else
            columns.ShouldContain(c => refusal != null && refusal.Contains(c, StringComparison.OrdinalIgnoreCase), $"'{refusal}' {what}");
    }
}
