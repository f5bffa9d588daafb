"""An independent judge of matcalc: it shares no code with it, and reads text and numbers only."""
