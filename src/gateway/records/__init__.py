"""The province's digitised papers and results (Kho quản lý dữ liệu điện tử của tổ chức, cá nhân)."""
