package desk_test

import (
	"database/sql"
	"strings"
	"testing"

	"hikeshi/workflows"
	"hikeshi/workflows/incident"
)

// damage spoils the stored state of an incident behind the program.
func (b *bench) damage(id incident.ID) {
	b.t.Helper()
	driver, source := "sqlite", strings.TrimPrefix(b.url, "sqlite:")
	if strings.HasPrefix(b.url, "postgres") {
		driver, source = "pgx", b.url+"&search_path=hikeshi"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		b.t.Fatal(err)
	}
	defer db.Close()
	res, err := db.ExecContext(ctx, `UPDATE incidents SET state = '{' WHERE id = $1`, string(id))
	if err != nil {
		b.t.Fatal(err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		b.t.Fatal(n, err)
	}
}

// One row that is damaged must not hide all the others: they are listed, and it is named with
// what to do. Whose it is not hears nothing of it.
func TestAListWithADamagedRow(t *testing.T) {
	b := newBench(t, "ja")
	good, bad := b.report("山本", "PCを紛失"), b.report("山本", "鍵を紛失")
	b.damage(bad)
	page, err := b.desk.List(ctx, b.user("佐藤"), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Rows) != 1 || page.Rows[0].ID != string(good) || !strings.Contains(page.Unreadable, string(bad)) || !strings.Contains(page.Unreadable, "verify") {
		t.Errorf("%+v", page)
	}
	said := showReply(b.say("佐藤", "", "/incident 一覧"))
	if !strings.Contains(said, string(good)) || !strings.Contains(said, string(bad)) || !strings.Contains(said, "壊れて") {
		t.Error(said)
	}
	if page, err = b.desk.List(ctx, b.user("渡辺"), ""); err != nil || page.Unreadable != "" || page.Empty == "" {
		t.Errorf("%+v, %v", page, err)
	}
	if cards, err := b.desk.Home(ctx, b.user("佐藤")); err != nil || !strings.Contains(showCards(cards), string(good)) {
		t.Errorf("%v", err)
	}
	// Nor may it keep a mark from being told.
	if out, err := b.service.Compromise(ctx, "mark", b.person("鈴木"), "slack", true, workflows.DoorConsole); err != nil || !out.Accepted() {
		t.Errorf("%+v %v", out, err)
	}
}
